// Server-sent events, parsed here rather than by EventSource: that hides the signs of life, and the
// status of a refusal.

/** Takes text as it comes, in any pieces; calls `emit` with the data of each event. */
export class SseParser {
	private rest = "";
	private data: string[] = [];

	constructor(private readonly emit: (data: string) => void, private readonly limit = 1 << 20) {}

	feed(text: string): void {
		const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
		this.rest = lines.pop()!;
		if (this.rest.length > this.limit)
			throw new Error("an event is too long");
		for (const line of lines)
			this.take(line);
	}

	private take(line: string): void {
		if (line === "") {
			if (this.data.length)
				this.emit(this.data.join("\n"));
			this.data = [];
		} else if (line.startsWith("data:")) {
			this.data.push(line.slice(line[5] === " " ? 6 : 5));
		}
	}
}
