// A browser opens six connections to a server over HTTP/1.1. One carries the events, and at least
// one must stay free for commands and pictures, in this window and in a second one.
export const MAX_STREAMS = 3;

/**
 * Which of the cameras show live video; the others show a picture a second. `seen` are those on the
 * screen, in order; `wanted` is the one the user looks at (full screen), which comes first.
 */
export function allotStreams(seen: readonly string[], wanted: string | null, leading: boolean): Set<string> {
	if (!leading)
		return new Set(wanted && seen.includes(wanted) ? [wanted] : []);
	const order = wanted && seen.includes(wanted) ? [wanted, ...seen.filter((id) => id !== wanted)] : seen;
	return new Set(order.slice(0, MAX_STREAMS));
}
