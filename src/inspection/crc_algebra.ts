/**
 * CRC-32 as what it is, polynomials over two elements modulo a polynomial, for those who look for
 * data with a right checksum without knowing where it begins and ends. The register of the checksum
 * is a polynomial of 32 coefficients, the highest bit that of x^0; a zero byte multiplies it by
 * x^8. This is the algebra behind `crc32_combine` of zlib.
 *
 * @module
 */
const POLYNOMIAL = 0xedb88320;

/** The polynomial 1. */
export const ONE = 0x8000_0000;

const TABLE = makeTable();
const INVERSE_TABLE = makeInverseTable();

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

/** For each high byte what the division of it alone by x^8 gives. */
function makeInverseTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    // The table above has each high byte once: what was shifted out to put it there.
    table[TABLE[byte]! >>> 24] = (TABLE[byte]! << 8) ^ byte;
  }
  return table;
}

/**
 * The register after one more byte, as a signed number. A checksum with a seed starts with `~seed`,
 * and is `~register` in the end.
 */
export function step(register: number, byte: number): number {
  return (register >>> 8) ^ TABLE[(register ^ byte) & 0xff]!;
}

/** What was multiplied by x^8 to become `value`. */
export function divideByByte(value: number): number {
  return ((value << 8) ^ INVERSE_TABLE[value >>> 24]!) >>> 0;
}

/**
 * The product of two polynomials. Without branches, as nobody can predict the bits of checksums.
 */
export function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b | 0;
  for (let bits = a | 0; bits !== 0; bits <<= 1) {
    product ^= shifted & (bits >> 31);
    shifted = (shifted >>> 1) ^ (POLYNOMIAL & -(shifted & 1));
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
