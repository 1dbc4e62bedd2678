/** Of a count that every layer has: only results of versions that did not count it yet lack it. */
export const onlyInOlderTables = 'read from results that are older than it'
