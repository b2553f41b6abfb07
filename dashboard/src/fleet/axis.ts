const LEAST_S = 60; // shown, also of a single reading

/** From when until when a chart of these times, in order, goes: all that is known, a minute at least. */
export function axisOf(times: ArrayLike<number>): [number, number] {
	const last = times[times.length - 1] ?? 0;
	return [Math.min(times[0] ?? 0, last - LEAST_S), last];
}
