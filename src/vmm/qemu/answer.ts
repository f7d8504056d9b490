/** QEMU's answer to one command. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly errorClass: string; readonly message: string };

/** By the ids of the questions. A question that was not asked has no answer. */
export type Answers = ReadonlyMap<string, Answer>;

export const value = (answers: Answers, id: string): unknown => {
  const answer = answers.get(id);
  return answer?.ok ? answer.value : undefined;
};
