/** What Stryker loads: which texts it leaves alone, and who is told of each mutant that was tried. */

/** As much of Babel's NodePath as is asked here. */
interface NodePath {
  readonly node: {
    readonly type: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
    readonly expressions?: readonly { readonly type: string }[];
  };
}

/** Expressions in a template that only name what is told. Others decide something, and are worth a mutant. */
const plain = new Set(['Identifier', 'MemberExpression', 'OptionalMemberExpression', 'CallExpression']);

/** Texts for people have several words. One word alone is more likely a key, or a state. */
const isText = ({ node }: NodePath): boolean => {
  if (node.type === 'StringLiteral') return typeof node.value === 'string' && /\S\s+\S/.test(node.value);
  if (node.type !== 'TemplateLiteral') return false;
  const { quasis = [], expressions = [] } = node;
  return (
    quasis.some(({ value }) => /[a-z]\s|\s[a-z]/i.test(value.raw)) && expressions.every(({ type }) => plain.has(type))
  );
};

/** A mutant that was tried, as Stryker tells it. */
export interface Tried {
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
  readonly status: string;
}

/** Whoever wants to know of each as soon as it was tried. */
export const told = { tried: (_mutant: Tried): void => undefined };

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'texts',
    value: { shouldIgnore: (path: NodePath) => (isText(path) ? 'a text' : undefined) },
  },
  { kind: 'Reporter', name: 'told', value: { onMutantTested: (mutant: Tried) => told.tried(mutant) } },
];
