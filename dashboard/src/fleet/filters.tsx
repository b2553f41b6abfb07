// What of the fleet is shown, and in which order.
import { filters, sorts, type Filter, type Query, type Sort } from "../state/tiles";
import { useText } from "../text/text";

export interface Choices {
	groups: string[];
	versions: string[];
}

export function Filters({ query, choices: { groups, versions }, onQuery }: {
	query: Query; choices: Choices; onQuery: (query: Query) => void;
}) {
	const text = useText();
	const filterNames: { [filter in Filter]: string } = {
		all: text.filterAll, online: text.filterOnline, offline: text.filterOffline, recording: text.filterRecording,
		throttled: text.filterThrottled, disk: text.filterDisk, old: text.filterOld,
		selected: text.filterSelected,
	};
	const sortNames: { [sort in Sort]: string } = {
		name: text.sortName, cpu: text.sortCpu, temp: text.sortTemp, disk: text.sortDisk, heard: text.sortHeard,
	};
	return (
		<div class="filters" role="search">
			<label class="search"><span>{text.searchLabel}</span>
				<input type="search" value={query.search} placeholder={text.searchHint} maxLength={100}
					onInput={(event) => onQuery({ ...query, search: event.currentTarget.value })} />
			</label>
			<label><span>{text.filter}</span>
				<select name="filter" value={query.filter} onChange={(event) => onQuery({ ...query, filter: event.currentTarget.value as Filter })}>
					{filters.map((filter) => <option key={filter} value={filter}>{filterNames[filter]}</option>)}
				</select>
			</label>
			<label><span>{text.sort}</span>
				<select name="sort" value={query.sort} onChange={(event) => onQuery({ ...query, sort: event.currentTarget.value as Sort })}>
					{sorts.map((sort) => <option key={sort} value={sort}>{sortNames[sort]}</option>)}
				</select>
			</label>
			{versions.length > 1 && (
				<label><span>{text.version}</span>
					<select name="version" value={query.version} onChange={(event) => onQuery({ ...query, version: event.currentTarget.value })}>
						<option value="">{text.allVersions}</option>
						{versions.map((version) => <option key={version} value={version}>{version}</option>)}
					</select>
				</label>
			)}
			{groups.length > 0 && (
				<label><span>{text.group}</span>
					<select name="group" value={query.group} onChange={(event) => onQuery({ ...query, group: event.currentTarget.value })}>
						<option value="">{text.groupAll}</option>
						{groups.map((group) => <option key={group} value={group}>{group}</option>)}
					</select>
				</label>
			)}
		</div>
	);
}
