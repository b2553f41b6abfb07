// Days of a calendar. Pure functions over "2026-11" and "2026-11-26".

export function daysIn(month: string): number {
	const [year, number] = month.split("-").map(Number) as [number, number];
	return new Date(Date.UTC(year, number, 0)).getUTCDate();
}

/** "2026-12" is one after "2026-11". */
export function addMonths(month: string, count: number): string {
	const [year, number] = month.split("-").map(Number) as [number, number];
	return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
}

export function dayIn(month: string, number: number): string {
	return `${month}-${String(number).padStart(2, "0")}`;
}

/** The weeks of a month, each of seven days; null for days of other months. `first`: 1 is Monday, 7 Sunday. */
export function weeksOf(month: string, first: number): (string | null)[][] {
	const weekday = new Date(`${month}-01T00:00:00Z`).getUTCDay() || 7;
	const before = (weekday - first + 7) % 7;
	const days = daysIn(month);
	const weeks: (string | null)[][] = [];
	for (let start = 1 - before; start <= days; start += 7)
		weeks.push(Array.from({ length: 7 }, (_, i) => (start + i >= 1 && start + i <= days ? dayIn(month, start + i) : null)));
	return weeks;
}

/** With which weekday a week begins where that language is spoken. */
export function firstWeekday(tag: string): number {
	try {
		const locale = new Intl.Locale(tag) as Intl.Locale & { getWeekInfo?: () => { firstDay: number }; weekInfo?: { firstDay: number } };
		const known = (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay;
		if (known)
			return known;
		return /^(US|KR|JP|CA|IL|IN|MX|BR)$/.test(locale.maximize().region ?? "") ? 7 : 1;
	} catch {
		return 1;
	}
}

/** The day among `days`, in order, that a step of so many days leads to: that one or the next beyond. */
export function stepTo(days: readonly string[], from: string, step: number): string | undefined {
	const target = new Date(Date.parse(`${from}T00:00:00Z`) + step * 86_400_000).toISOString().slice(0, 10);
	return step > 0 ? days.find((day) => day >= target) : days.filter((day) => day <= target).at(-1);
}
