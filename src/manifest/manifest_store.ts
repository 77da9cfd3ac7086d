import { corruption, isMissing } from "../errors.ts";
import {
  MANIFEST_NAME,
  MANIFEST_TEMPORARY_NAME,
} from "../format/file_names.ts";
import type { ReadableFile, Storage } from "../storage/storage.ts";
import {
  decodeManifest,
  encodeManifest,
  type ManifestState,
  MAX_MANIFEST_BYTES,
} from "./manifest_codec.ts";

/** Reads the manifest, or answers `undefined` if there is none. Changes nothing. */
export async function readManifest(
  storage: Storage,
): Promise<ManifestState | undefined> {
  const bytes = await readManifestBytes(storage);
  return bytes && decodeManifest(bytes);
}

/** The same, without looking at what it says. */
export async function readManifestBytes(
  storage: Storage,
): Promise<Uint8Array | undefined> {
  let file: ReadableFile;
  try {
    file = await storage.open(MANIFEST_NAME);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    if (file.size > MAX_MANIFEST_BYTES) {
      throw corruption(
        MANIFEST_NAME,
        MAX_MANIFEST_BYTES,
        `the file is ${file.size} bytes long`,
      );
    }
    const bytes = new Uint8Array(file.size);
    if (file.size > 0) await file.readAt(bytes, 0);
    return bytes;
  } finally {
    await file.close();
  }
}

/**
 * Puts a new manifest in the place of the old one, if there is one, durably. When it fails, or the
 * power does, either the old or the new one is there, whole; which of them, only reading it can
 * tell. One call at a time.
 *
 * 1. Write it under a temporary name and sync it, so that the rename cannot reach the medium before
 *    the bytes.
 * 2. Rename it, which replaces the old one atomically. At this last moment `assertSound` may throw,
 *    and the old one stays.
 * 3. Sync the directory, so that what follows may rely on it, such as removing files that it does
 *    not name any more.
 */
export async function replaceManifest(
  storage: Storage,
  state: ManifestState,
  assertSound: () => void = () => {},
): Promise<void> {
  const bytes = encodeManifest(state);
  await removeTemporary(storage);
  try {
    await writeTemporary(storage, bytes);
    assertSound();
    await storage.rename(MANIFEST_TEMPORARY_NAME, MANIFEST_NAME);
  } catch (error) {
    await giveUp(storage);
    throw error;
  }
  await storage.syncDirectory();
}

async function writeTemporary(
  storage: Storage,
  bytes: Uint8Array,
): Promise<void> {
  const file = await storage.create(MANIFEST_TEMPORARY_NAME);
  try {
    await file.append(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes what a crash or a failure may have left. */
async function removeTemporary(storage: Storage): Promise<void> {
  try {
    await storage.remove(MANIFEST_TEMPORARY_NAME);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/**
 * Frees the space of a manifest that came to nothing; the error that made it so is the one to
 * report.
 */
async function giveUp(storage: Storage): Promise<void> {
  try {
    await removeTemporary(storage);
  } catch {
    // The next replacement removes it.
  }
}
