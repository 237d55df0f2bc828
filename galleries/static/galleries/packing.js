// A folder as one ZIP file that is never put together: any piece of it can be asked for, so that it
// is uploaded in parts like a file. Nothing is compressed, since pictures are already.

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crcOf(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC_TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

// Little-endian numbers as [value, bytes] pairs.
function packed(...numbers) {
  const out = new Uint8Array(numbers.reduce((sum, [, bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [number, bytes] of numbers) {
    let rest = BigInt(number);
    for (let byte = 0; byte < bytes; byte += 1, rest >>= 8n) out[at + byte] = Number(rest & 0xffn);
    at += bytes;
  }
  return out;
}

const UTF8_NAMES = 0x800;
const VERSION = 45; // with 64-bit sizes, which every entry of the directory has
const LOCAL_SIZE = 30;
const ENTRY_SIZE = 46 + 28;
const END_SIZE = 56 + 20 + 22;

class PackedFolder {
  constructor(files) {
    const named = files
      .map((file) => ({ file, path: file.webkitRelativePath.split("/").slice(1).join("/") }))
      .filter(({ path }) => path)
      .sort((one, other) => (one.path < other.path ? -1 : 1));
    this.name = files[0].webkitRelativePath.split("/")[0];
    let at = 0;
    this.entries = named.map(({ file, path }) => {
      const name = new TextEncoder().encode(path.normalize("NFC"));
      const entry = { file, name, start: at, content: at + LOCAL_SIZE + name.length, crc: null };
      at = entry.content + file.size;
      return entry;
    });
    this.directory = at;
    this.directorySize = this.entries.reduce((sum, { name }) => sum + ENTRY_SIZE + name.length, 0);
    this.size = at + this.directorySize + END_SIZE;
  }

  // The piece from start to end, as a Blob; contents are read only when they are sent.
  async slice(start, end) {
    const pieces = [];
    const add = (piece, at) => {
      const length = piece.size ?? piece.length;
      if (at + length <= start || at >= end) return;
      pieces.push(piece.slice(Math.max(0, start - at), Math.min(length, end - at)));
    };
    for (const entry of this.entries.slice(this.firstAt(start))) {
      if (entry.start >= end) break;
      add(this.local(entry), entry.start);
      add(entry.file, entry.content);
    }
    if (end > this.directory) add(await (this.end ??= this.tail()), this.directory);
    return new Blob(pieces);
  }

  // The last entry that begins at or before a place.
  firstAt(place) {
    let low = 0;
    let high = this.entries.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.entries[middle].start <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  local({ name }) {
    // Sizes and checksum stand in the directory alone.
    const head = packed([0x04034b50, 4], [VERSION, 2], [UTF8_NAMES | 8, 2], [0, 2], [0, 4],
      [0, 4], [0, 4], [0, 4], [name.length, 2], [0, 2]);
    return new Uint8Array([...head, ...name]);
  }

  async tail() {
    const pieces = [];
    for (const entry of this.entries) {
      entry.crc ??= crcOf(new Uint8Array(await entry.file.arrayBuffer()));
      const { file, name, start, crc } = entry;
      pieces.push(
        packed([0x02014b50, 4], [VERSION, 2], [VERSION, 2], [UTF8_NAMES | 8, 2], [0, 2], [0, 4],
          [crc, 4], [0xffffffff, 4], [0xffffffff, 4], [name.length, 2], [28, 2], [0, 2], [0, 2],
          [0, 2], [0, 4], [0xffffffff, 4]),
        name,
        packed([1, 2], [24, 2], [file.size, 8], [file.size, 8], [start, 8]),
      );
    }
    const count = this.entries.length;
    const end = this.directory + this.directorySize;
    pieces.push(
      packed([0x06064b50, 4], [44, 8], [VERSION, 2], [VERSION, 2], [0, 4], [0, 4], [count, 8],
        [count, 8], [this.directorySize, 8], [this.directory, 8]),
      packed([0x07064b50, 4], [0, 4], [end, 8], [1, 4]),
      packed([0x06054b50, 4], [0, 2], [0, 2], [0xffff, 2], [0xffff, 2], [0xffffffff, 4],
        [0xffffffff, 4], [0, 2]),
    );
    return new Blob(pieces);
  }
}
