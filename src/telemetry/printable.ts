/** What JSON leaves as it is and a terminal obeys: C1 controls, and what begins lines or turns the order of a text. */
const CONTROLS = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** A text from outside as a line of the log has it, read in a terminal perhaps. */
export function printable(text: string): string {
  return text.replace(CONTROLS, '\ufffd');
}
