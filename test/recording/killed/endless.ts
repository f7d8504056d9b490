import { writeSync } from 'node:fs';
import { openWriter } from '../../../src/recording/write.ts';
import { begin, fewSamples } from '../samples.ts';

/** Records without end and tells of each sample once it is written: to be killed. `node endless.ts FILE` */

const samples = await fewSamples(5);
const writer = openWriter(process.argv[2]!, { program: 'endless', delay: 1 });
for (let index = 0; ; index++) {
  const time = begin + index;
  writer.append({ ...samples[index % samples.length]!, time }, { time });
  writeSync(1, `${index + 1}\n`);
}
