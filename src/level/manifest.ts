/** What abstract-level tells users and modules of the features there are. */
export function manifest(
  storage: { readonly isSynchronous: boolean; readonly isPermanent: boolean },
) {
  return {
    implicitSnapshots: true,
    explicitSnapshots: true,
    has: true,
    getSync: storage.isSynchronous,
    seek: true,
    permanence: storage.isPermanent,
    createIfMissing: true,
    errorIfExists: true,
    encodings: { utf8: true, buffer: true, view: true },
    signals: { iterators: true },
  };
}
