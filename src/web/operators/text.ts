const numbers = new Intl.NumberFormat('en');
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A count, such as 12,345. */
export function countText(count: number): string {
  return numbers.format(count);
}

/** A number with one decimal at most. */
export function tenthText(value: number): string {
  return tenths.format(value);
}

/** A duration in milliseconds, as people say it: `3 ms`, `1.2 s`, `4 min`, `3 h 20 min`, `2 d 4 h`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${tenthText(ms < 10 ? ms : Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${tenthText(seconds < 10 ? seconds : Math.round(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The time of day here, such as 14:03, or 14:03:27. */
export function clockText(at: number, withSeconds = false): string {
  const time = new Date(at).toTimeString();
  return time.slice(0, withSeconds ? 8 : 5);
}

/** The day here, such as 2026-01-31. */
export function dayText(at: number): string {
  const day = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** A name of the wire as words: `already_scanned` → `already scanned`. */
export function wordsOf(name: string): string {
  return name.split('_').join(' ');
}
