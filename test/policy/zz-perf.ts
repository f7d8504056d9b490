import { idleHost, well, thrashes, later } from '/work/main/test/policy/findings/looks.ts';
import { advise, startAdvising } from '/work/main/src/policy/advisor.ts';
import { defaultThresholds } from '/work/main/src/policy/thresholds.ts';
for (const [what, change] of [['well', {balloon:{actual:4*2**30}}], ['forgotten', {}], ['thrash+swapped', {...thrashes, status:{VmSwap:2**30}}]] as const) {
  const guests = Array.from({length: 1000}, (_, i) => well({ id: `${i+1}.1`, name: `g-${i}`, ...change }));
  const base = idleHost(guests);
  const models = Array.from({length: 30}, (_, i) => later(base, i));
  let s = startAdvising(false); 
  const t = performance.now();
  for (const m of models) s = advise(s, m, defaultThresholds);
  console.log(what, ((performance.now()-t)/30).toFixed(2), 'ms per look', s.findings.length);
}
