import { inSegments } from './user-code.ts';

/** Writes what is typed in segments, unless the caret is inside or a keyboard is still composing. */
export function keepSegments(input: HTMLInputElement): void {
  input.addEventListener('input', (event) => {
    const atEnd = input.selectionStart === input.value.length;
    const written = inSegments(input.value);
    if (atEnd && !event.isComposing && written !== input.value) input.value = written;
  });
}
