const NAMES: readonly (readonly [RegExp, string])[] = [
  [/MicroMessenger\//, 'WeChat'],
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/(Firefox|FxiOS)\//, 'Firefox'],
  [/(HeadlessChrome|Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/Version\/.*Safari\//, 'Safari'],
  [/(MSIE |Trident\/)/, 'Internet Explorer'],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Windows/, 'Windows'],
  [/(iPhone|iPad|iPod)/, 'iOS'],
  [/HarmonyOS/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/CrOS/, 'ChromeOS'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux/, 'Linux'],
];

function find(table: typeof NAMES, agent: string): string | undefined {
  for (let i = 0; i < table.length; i++) {
    const row = table[i];
    if (row && row[0].test(agent)) return row[1];
  }
  return undefined;
}

/** A product as RFC 9110 §10.1.5 has it: too little to say anything to a person in. */
const PRODUCT = /^[A-Za-z0-9._-]{1,24}\/[A-Za-z0-9._-]{1,16}(?![^\s])/;

/** `Firefox, Linux` for a browser's User-Agent header; of any other only its first product, since whoever asks writes it. */
export function browserName(agent: string): string {
  const name = find(NAMES, agent);
  const system = find(SYSTEMS, agent);
  if (name && system && /^Mozilla\//.test(agent)) return name + ', ' + system;
  return PRODUCT.exec(agent)?.[0] ?? '–';
}
