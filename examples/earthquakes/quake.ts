import * as v from 'valibot';

/** A message of the topic: a record as the stations send it. The measured fields are whatever came over the line. */
export interface Reading {
  readonly id: string;
  /** `earthquake`, `explosion`, `quarry blast`, … */
  readonly type: string;
  /** `4km W of Castaic, CA` */
  readonly place: string;
  readonly time: unknown;
  readonly magnitude: unknown;
  readonly longitude: unknown;
  readonly latitude: unknown;
  readonly depthKm: unknown;
}

const quakeSchema = v.object({
  id: v.string(),
  type: v.string(),
  place: v.string(),
  time: v.pipe(v.number('a time is a number of milliseconds'), v.minValue(0)),
  magnitude: v.pipe(v.number('a magnitude is a number'), v.minValue(-5), v.maxValue(10)),
  longitude: v.pipe(v.number(), v.minValue(-180), v.maxValue(180)),
  latitude: v.pipe(v.number(), v.minValue(-90), v.maxValue(90)),
  depthKm: v.pipe(v.number(), v.minValue(-10), v.maxValue(800)),
});

/** A reading whose fields are what they should be. */
export type Quake = Readonly<v.InferOutput<typeof quakeSchema>>;

/** Why a reading cannot be used; the words that end up as the reason of its dead letter. */
export type Flaw = 'BadTime' | 'BadMagnitude' | 'BadCoordinates' | 'BadRecord';

export type Validated = { readonly quake: Quake } | { readonly flaw: Flaw; readonly description: string };

const flawOf: Readonly<Record<string, Flaw>> = { time: 'BadTime', magnitude: 'BadMagnitude', longitude: 'BadCoordinates', latitude: 'BadCoordinates' };

/** Checks a reading; the first thing that is wrong names the flaw. */
export function validate(reading: Reading): Validated {
  const parsed = v.safeParse(quakeSchema, reading);
  if (parsed.success) return { quake: parsed.output };
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue) ?? 'record';
  return { flaw: flawOf[field] ?? 'BadRecord', description: `${field}: ${issue.message}` };
}

const spelledOut: Readonly<Record<string, string>> = { CA: 'California', NV: 'Nevada', MX: 'Mexico' };

/** The region a place lies in: what follows its last comma. */
export function regionOf(place: string): string {
  const region = place.slice(place.lastIndexOf(',') + 1).trim();
  return spelledOut[region] ?? region;
}
