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

/** `Firefox, Linux` for a User-Agent header; what is not one stays as it is, cut short. */
export function browserName(agent: string): string {
  const name = find(NAMES, agent);
  const system = find(SYSTEMS, agent);
  if (name && system && /^Mozilla\//.test(agent)) return name + ', ' + system;
  return agent.length > 80 ? agent.slice(0, 80) + ' …' : agent;
}
