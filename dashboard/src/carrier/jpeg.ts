// Looks into a JPEG before a browser decodes it: a small file can claim a picture of gigabytes.

const MAX_PIXELS = 64 * 1024 * 1024;

/** Width and height from the frame header, or null if this is no JPEG. */
export function sizeOf(data: Uint8Array): { width: number; height: number } | null {
	if (data[0] !== 0xff || data[1] !== 0xd8)
		return null;
	let i = 2;
	while (i + 9 < data.length && data[i] === 0xff) {
		const marker = data[i + 1]!;
		const length = (data[i + 2]! << 8) | data[i + 3]!;
		const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
		if (isFrame)
			return { height: (data[i + 5]! << 8) | data[i + 6]!, width: (data[i + 7]! << 8) | data[i + 8]! };
		if (marker === 0xda || length < 2)
			return null;
		i += 2 + length;
	}
	return null;
}

export function isSafeJpeg(data: Uint8Array): boolean {
	const size = sizeOf(data);
	return !!size && size.width > 0 && size.height > 0 && size.width * size.height <= MAX_PIXELS;
}
