// What the browser remembers for the user: appearance and language, never anything secret.
const PREFIX = "camnode.";

export function recall(name: string): string | null {
	try {
		return localStorage.getItem(PREFIX + name);
	} catch {
		return null; // storage is off
	}
}

export function remember(name: string, value: string): void {
	try {
		localStorage.setItem(PREFIX + name, value);
	} catch {
		// Then it holds until the page is closed.
	}
}
