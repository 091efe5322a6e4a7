/** What the operators' server says to a question, or why it says nothing. */
export type Asked<T> = { readonly said: T } | { readonly why: string };

/** How long an answer is waited for, in milliseconds. */
export const ANSWER_MS = 15_000;

/** Asks for JSON. */
export async function askJson<T>(path: string, query: Readonly<Record<string, string>>): Promise<Asked<T>> {
  try {
    const answer = await fetch(`${path}?${new URLSearchParams(query).toString()}`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (answer.ok) return { said: (await answer.json()) as T };
    return { why: await whyOf(answer) };
  } catch {
    return { why: 'The gateway does not answer.' };
  }
}

/** Why an answer is none, in words. */
export async function whyOf(answer: Response): Promise<string> {
  if (answer.status === 401) return 'The sign-in is over: load the page again.';
  const text = await answer.text();
  try {
    const { title, detail } = JSON.parse(text) as { readonly title?: string; readonly detail?: string };
    return [title, detail].filter((part) => part !== undefined).join(': ');
  } catch {
    return text;
  }
}
