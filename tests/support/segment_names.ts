/** Names of the segments among the files of a storage. */
export function segmentsOf(
  { fileNames }: { readonly fileNames: readonly string[] },
): string[] {
  return fileNames.filter((name) => name.endsWith(".seg"));
}
