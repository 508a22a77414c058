// A frame's colour: its kind's, a shade lighter or darker by name so that neighbours stay apart.
import { Kind } from "./data";

type Rgb = [number, number, number];

const kMatch = { light: "#e4498f", dark: "#e0558f" };
const kPage = { light: "#ffffff", dark: "#14181f" };

export function isDark(): boolean {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function scheme(): "light" | "dark" {
  return isDark() ? "dark" : "light";
}

export function kindColour(kind: Kind): string {
  return kind[scheme()];
}

export function frameColour(kind: Kind, name: string, searching: boolean, match: boolean): string {
  if (match) return kMatch[scheme()];
  const shade = kind.name === "idle" ? 0 : (hash(name) - 0.5) * 0.16;
  const toward: Rgb = shade > 0 ? [255, 255, 255] : [0, 0, 0];
  const colour = mix(parse(kindColour(kind)), toward, Math.abs(shade));
  return text(searching ? mix(colour, parse(kPage[scheme()]), 0.62) : colour);
}

function hash(name: string): number {
  let value = 2166136261;
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name.charCodeAt(i), 16777619);
  return ((value ^ (value >>> 15)) >>> 0) / 4294967296;
}

function parse(hex: string): Rgb {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((part, i) => part + (to[i] - part) * share) as Rgb;
}

function text(colour: Rgb): string {
  return `rgb(${colour.map(Math.round).join(",")})`;
}
