const TIMES = ['iat', 'exp', 'auth_time', 'nbf'];

/** A claim of a token as a row of a table. */
export function claimRow(name: string, value: unknown): HTMLTableRowElement {
  const row = document.createElement('tr');
  const head = document.createElement('th');
  const cell = document.createElement('td');
  head.scope = 'row';
  head.textContent = name;
  cell.textContent = claimText(name, value);
  row.appendChild(head);
  row.appendChild(cell);
  return row;
}

function claimText(name: string, value: unknown): string {
  if (TIMES.indexOf(name) >= 0 && typeof value === 'number') return new Date(value * 1000).toLocaleString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}
