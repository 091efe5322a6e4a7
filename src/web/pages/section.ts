/** A page of several sections, of which one shows at a time; texts stand in the HTML, in the reader's language. */
export interface Sections {
  /** Shows one section and moves the focus to its heading, so that a screen reader reads it. */
  view(name: string): void;
  /** Shows one problem's text; an unknown code is `other`. */
  problem(code: string): void;
  /** Writes a text wherever it has a place. */
  fill(name: string, text: string): void;
  part(name: string): HTMLElement | null;
  toggle(name: string, shown: boolean): void;
}

function all(root: HTMLElement, selector: string): HTMLElement[] {
  return Array.prototype.slice.call(root.querySelectorAll(selector)) as HTMLElement[];
}

/** The sections of an element. */
export function sectionsOf(root: HTMLElement): Sections {
  let shown = '';
  const part = (name: string): HTMLElement | null => root.querySelector<HTMLElement>(`[data-fill="${name}"]`);
  const view = (name: string): void => {
    all(root, '[data-view]').forEach((section) => {
      section.hidden = section.getAttribute('data-view') !== name;
    });
    const heading = root.querySelector<HTMLElement>(`[data-view="${name}"] h1`);
    if (shown !== '' && shown !== name) heading?.focus();
    shown = name;
  };
  return {
    view,
    problem(code) {
      const texts = all(root, '[data-problem]');
      const known = texts.some((text) => text.getAttribute('data-problem') === code) ? code : 'other';
      texts.forEach((text) => {
        text.hidden = text.getAttribute('data-problem') !== known;
      });
      view('problem');
    },
    fill(name, text) {
      all(root, `[data-fill="${name}"]`).forEach((element) => {
        element.textContent = text;
      });
    },
    part,
    toggle(name, show) {
      all(root, `[data-show="${name}"]`).forEach((element) => {
        element.hidden = !show;
      });
    },
  };
}
