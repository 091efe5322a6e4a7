const BLOCK = /\{\{\$(\w+)\}\}([^]*?)\{\{\/\1\}\}/g;

/**
 * A page's template in the layout that all pages share. `{{$name}}…{{/name}}` is a block in both (as in Mustache's template
 * inheritance): the layout says where it stands and what is there without the page's.
 *
 * @throws Error for a block that the layout has no place for, and for anything outside the page's blocks.
 */
export function inLayout(layout: string, page: string): string {
  const blocks = new Map<string, string>();
  const outside = page.replaceAll(BLOCK, (_whole, name: string, text: string) => {
    blocks.set(name, text);
    return '';
  });
  if (outside.trim() !== '') throw new Error(`no block holds ${outside.trim().slice(0, 80)}`);
  const whole = filled(layout, blocks);
  const [left] = blocks.keys();
  if (left !== undefined) throw new Error(`the layout has no block {{$${left}}}`);
  return whole;
}

/** Takes out the blocks that are used. */
function filled(text: string, blocks: Map<string, string>): string {
  return text.replaceAll(BLOCK, (_whole, name: string, standing: string) => {
    const own = blocks.get(name);
    blocks.delete(name);
    return own ?? filled(standing, blocks);
  });
}
