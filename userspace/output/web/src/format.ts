// Numbers as people read them; the same rules as userspace/base/units.h.

const kDurations: [number, string][] = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
];
const kSizes: [number, string][] = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
];

export function formatValue(value: number, unit: string): string {
  if (unit === "nanoseconds") return scaled(value, kDurations, "ns");
  if (unit === "bytes") return scaled(value, kSizes, "B");
  return formatCount(value);
}

export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function formatShare(part: number, whole: number): string {
  const percent = whole > 0 ? (100 * part) / whole : 0;
  if (percent > 0 && percent < 0.01) return "< 0.01 %";
  return `${percent.toFixed(percent < 10 ? 2 : 1)} %`;
}

function scaled(value: number, steps: [number, string][], base: string): string {
  for (const [factor, unit] of steps)
    if (value >= factor) return `${threeDigits(value / factor)} ${unit}`;
  return `${Math.round(value)} ${base}`;
}

function threeDigits(value: number): string {
  if (value >= 1000) return formatCount(value);
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
