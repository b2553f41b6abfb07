/** Runs a task for each item, so many at a time. */
export async function inTurn<T>(items: readonly T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> {
	let next = 0;
	const worker = async () => {
		while (next < items.length)
			await run(items[next++]!);
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
