// Opens the packs that gridplan/maps/web/pack.py writes.
"use strict";
const GP = {};

// Bytes of a base64 text.
GP.bytesOf = function (text) {
  const raw = atob(text.trim());
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
};

// Inflates a zlib stream (RFC 1950, 1951) without the browser's help, for browsers that have none.
GP.inflate = (function () {
  const LENGTH = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83,
    99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5,
    5, 5, 0];
  const BACK = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025,
    1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  // Canonical Huffman code as a look-up table over its longest length.
  function table(lengths) {
    let longest = 1;
    const count = new Uint16Array(16);
    for (const n of lengths) { count[n]++; if (n > longest) longest = n; }
    count[0] = 0;
    const next = new Uint16Array(17);
    for (let n = 1; n < 16; n++) next[n + 1] = (next[n] + count[n]) << 1;
    const look = new Uint16Array(1 << longest);
    lengths.forEach(function (n, symbol) {
      if (!n) return;
      let code = next[n]++, mirrored = 0;
      for (let i = 0; i < n; i++) { mirrored = (mirrored << 1) | (code & 1); code >>= 1; }
      for (let k = mirrored; k < look.length; k += 1 << n) look[k] = (symbol << 4) | n;
    });
    return { look: look, mask: look.length - 1 };
  }

  let fixed = null;
  function fixedTables() {
    if (fixed) return fixed;
    const lengths = [];
    for (let i = 0; i < 288; i++) lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
    fixed = [table(lengths), table(new Array(30).fill(5))];
    return fixed;
  }

  return function (source) {
    let at = 2, held = 0, bits = 0, out = new Uint8Array(source.length * 4 + 1024), size = 0;
    function fill(n) {
      while (bits < n) { held |= (source[at++] || 0) << bits; bits += 8; }
    }
    function take(n) {
      if (!n) return 0;
      fill(n);
      const value = held & ((1 << n) - 1);
      held >>>= n; bits -= n;
      return value;
    }
    function symbol(code) {
      fill(15);
      const found = code.look[held & code.mask], n = found & 15;
      if (!n) throw new Error("damaged data");
      held >>>= n; bits -= n;
      return found >> 4;
    }
    function room(n) {
      if (size + n <= out.length) return;
      const wider = new Uint8Array(Math.max(out.length * 2, size + n));
      wider.set(out); out = wider;
    }
    function dynamicTables() {
      const many = take(5) + 257, backs = take(5) + 1, codes = take(4) + 4;
      const lengths = new Array(19).fill(0);
      for (let i = 0; i < codes; i++) lengths[ORDER[i]] = take(3);
      const code = table(lengths), all = [];
      while (all.length < many + backs) {
        const s = symbol(code);
        if (s < 16) { all.push(s); continue; }
        const value = s === 16 ? all[all.length - 1] : 0;
        let times = s === 16 ? 3 + take(2) : s === 17 ? 3 + take(3) : 11 + take(7);
        while (times--) all.push(value);
      }
      return [table(all.slice(0, many)), table(all.slice(many))];
    }
    function stored() {
      at -= bits >> 3; held = 0; bits = 0;
      const n = source[at] | (source[at + 1] << 8);
      at += 4;
      room(n);
      out.set(source.subarray(at, at + n), size);
      size += n; at += n;
    }
    function coded(pair) {
      for (;;) {
        const s = symbol(pair[0]);
        if (s === 256) return;
        if (s < 256) { room(1); out[size++] = s; continue; }
        let n = LENGTH[s - 257] + take(LENGTH_BITS[s - 257]);
        const d = symbol(pair[1]);
        const back = BACK[d] + take(d < 2 ? 0 : (d >> 1) - 1);
        room(n);
        for (; n > 0; n--, size++) out[size] = out[size - back];
      }
    }
    for (let last = 0; !last;) {
      last = take(1);
      const kind = take(2);
      if (kind === 0) stored();
      else coded(kind === 1 ? fixedTables() : dynamicTables());
    }
    return out.subarray(0, size);
  };
})();

// Reads head and columns of an inflated pack.
GP.read = function (bytes) {
  const size = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const columns = {};
  let at = 4 + size;
  for (const entry of head.columns) {
    const column = new Int32Array(entry[1]), end = at + entry[2], delta = entry[3];
    let before = 0;
    for (let i = 0; at < end; i++) {
      let b = bytes[at++], value = b & 127, shift = 7;
      while (b > 127) { b = bytes[at++]; value |= (b & 127) << shift; shift += 7; }
      value = (value >>> 1) ^ -(value & 1);
      before = delta ? before + value : value;
      column[i] = before;
    }
    columns[entry[0]] = column;
  }
  return { values: head.values, columns: columns };
};

// Opens a pack at once.
GP.openNow = function (text) {
  return GP.read(GP.inflate(GP.bytesOf(text)));
};

// Opens a pack with the browser's own inflater where it has one.
GP.open = function (text) {
  if (typeof DecompressionStream === "undefined") return Promise.resolve(GP.openNow(text));
  const stream = new Blob([GP.bytesOf(text)]).stream();
  const plain = stream.pipeThrough(new DecompressionStream("deflate"));
  return new Response(plain).arrayBuffer().then(function (buffer) {
    return GP.read(new Uint8Array(buffer));
  });
};
