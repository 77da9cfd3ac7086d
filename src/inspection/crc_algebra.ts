/**
 * CRC-32 as what it is, polynomials over two elements modulo a polynomial, for those who look for data with a right checksum without knowing where it
 * begins and ends. The register of the checksum is a polynomial of 32 coefficients, the highest bit that of x^0; a zero byte multiplies
 * it by x^8. This is the algebra behind `crc32_combine` of zlib.
 *
 * @module
 */
const POLYNOMIAL = 0xedb88320;

/** The polynomial 1. */
export const ONE = 0x8000_0000;

const TABLE = makeTable();

function makeTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let register = byte;
    for (let bit = 0; bit < 8; bit++) {
      register = (register >>> 1) ^ ((register & 1) === 0 ? 0 : POLYNOMIAL);
    }
    table[byte] = register;
  }
  return table;
}

/** The register after one more byte, as a signed number. A checksum with a seed starts with `~seed`, and is `~register` in the end. */
export function step(register: number, byte: number): number {
  return (register >>> 8) ^ TABLE[(register ^ byte) & 0xff]!;
}

/** What was multiplied by x^8 to become `value`. */
export function divideByByte(value: number): number {
  let quotient = value;
  for (let bit = 0; bit < 8; bit++) {
    quotient = quotient >>> 31 !== 0
      ? ((quotient ^ POLYNOMIAL) << 1) | 1
      : quotient << 1;
  }
  return quotient >>> 0;
}

/** The product of two polynomials. */
export function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bits = a; bits !== 0; bits <<= 1) {
    if (bits >>> 31 !== 0) product ^= shifted;
    shifted = (shifted >>> 1) ^ ((shifted & 1) === 0 ? 0 : POLYNOMIAL);
  }
  return product >>> 0;
}

/** What divides a polynomial by x^(8 * `bytes`) when it is multiplied with it. */
export function inverseOfBytes(bytes: number): number {
  let power = divideByByte(ONE);
  let product = ONE;
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) product = multiply(product, power);
    power = multiply(power, power);
  }
  return product;
}
