/** Partners go by a handle until both agreed: `partner-a679cda12fb2` is shown as "Partner a679". */
const HANDLE = /\bpartner-([0-9a-f]{4})[0-9a-f]{8}\b/g;

export const called = (handle: string): string => handle.replace(HANDLE, "Partner $1");
