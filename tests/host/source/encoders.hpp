#pragma once
// Writes small recordings from known pixels, independently of the readers.
#include <cstdint>
#include <string>
#include <vector>

namespace flashcell::test {

using Bytes = std::vector<uint8_t>;

/// A grey picture in raster order.
struct Picture {
  int width = 0, height = 0;
  std::vector<uint16_t> pixels;
  uint16_t at(int x, int y) const {
    return pixels[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
};

/// Numbers that differ from pixel to pixel and frame to frame.
inline Picture picture(int width, int height, int bits, int frame) {
  Picture p{width, height, {}};
  for (int i = 0; i < width * height; ++i) {
    p.pixels.push_back(static_cast<uint16_t>(
                           (static_cast<unsigned>(i) * 2654435U + static_cast<unsigned>(frame) * 40503U + 977U) >> 3) &
                       static_cast<uint16_t>((1u << bits) - 1));
  }
  return p;
}

inline void put(Bytes& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

inline void set(Bytes& out, size_t offset, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out[offset + static_cast<size_t>(i)] = static_cast<uint8_t>(value >> (8 * i));
}

/// Samples one after the other, most significant bit first, filled up with 0 to a whole byte.
inline Bytes pack_bits(const Picture& p, int bits) {
  Bytes out;
  unsigned pending = 0;
  int held = 0;
  for (const uint16_t sample : p.pixels) {
    for (int b = bits - 1; b >= 0; --b) {
      pending = pending << 1 | ((sample >> b) & 1u);
      if (++held == 8) {
        out.push_back(static_cast<uint8_t>(pending));
        pending = 0;
        held = 0;
      }
    }
  }
  if (held > 0) out.push_back(static_cast<uint8_t>(pending << (8 - held)));
  return out;
}

struct CineOptions {
  int bits = 16;           ///< 8, 10 (packed), 12 (packed), 16; 24: each sample as three bytes, the least first
  bool top_down = false;   ///< negative biHeight
  bool old_setup = false;  ///< a setup of 1992: no mark, 16-bit frame rate only
  int version = 1;         ///< 0: 32-bit frame offsets
  uint32_t fps = 35087;
  uint32_t real_bits = 14;
  int annotation = 8;  ///< bytes before a frame's pixels
};

inline constexpr uint64_t kCineSeconds = 1210275999;

/// A .cine recording; frame i was taken at kCineSeconds + i/4 s.
inline Bytes make_cine(const std::vector<Picture>& frames, const CineOptions& options) {
  const auto count = static_cast<uint32_t>(frames.size());
  const bool packed = options.bits == 10 || options.bits == 12;
  Bytes out(44, 0);
  out[0] = 'C';
  out[1] = 'I';
  set(out, 2, 44, 2);
  set(out, 6, static_cast<uint64_t>(options.version), 2);
  set(out, 16, static_cast<uint64_t>(-7722), 4);
  set(out, 20, count, 4);
  set(out, 24, out.size(), 4);
  Bytes bitmap(40, 0);
  set(bitmap, 0, 40, 4);
  set(bitmap, 4, static_cast<uint64_t>(frames.at(0).width), 4);
  set(bitmap, 8, static_cast<uint64_t>(options.top_down ? -frames[0].height : frames[0].height), 4);
  set(bitmap, 12, 1, 2);
  set(bitmap, 14, packed ? 16 : static_cast<uint64_t>(options.bits), 2);
  set(bitmap, 16, options.bits == 10 ? 256 : options.bits == 12 ? 1024 : 0, 4);
  out.insert(out.end(), bitmap.begin(), bitmap.end());

  set(out, 28, out.size(), 4);
  Bytes setup(options.old_setup ? 200 : 5692, 0);
  set(setup, 0, options.fps & 0xFFFF, 2);
  if (!options.old_setup) {
    setup[140] = 'S';
    setup[141] = 'T';
    set(setup, 142, setup.size(), 2);
    set(setup, 768, options.fps, 4);
    set(setup, 896, options.real_bits, 4);
  }
  out.insert(out.end(), setup.begin(), setup.end());
  if (!options.old_setup) {
    put(out, 8 + 4 * count, 4);  // exposures, to be stepped over
    put(out, 1003, 2);
    put(out, 1, 2);
    for (uint32_t i = 0; i < count; ++i) put(out, 0x1000, 4);
    put(out, 8 + 8 * count, 4);
    put(out, 1002, 2);
    put(out, 0, 2);
    for (uint32_t i = 0; i < count; ++i) put(out, (kCineSeconds << 32) + (static_cast<uint64_t>(i) << 30), 8);
  }

  const int entry = options.version == 0 ? 4 : 8;
  const size_t table = out.size();
  set(out, 32, table, 4);
  out.resize(table + static_cast<size_t>(entry) * count);
  for (uint32_t i = 0; i < count; ++i) {
    set(out, table + static_cast<size_t>(entry) * i, out.size(), entry);
    const Picture& p = frames[i];
    Bytes pixels;
    if (packed) {
      pixels = pack_bits(p, options.bits);
    } else {
      for (int r = 0; r < p.height; ++r) {
        const int y = options.top_down ? r : p.height - 1 - r;
        for (int x = 0; x < p.width; ++x) put(pixels, p.at(x, y), options.bits / 8);
        while (pixels.size() % 4 != 0) pixels.push_back(0xEE);
      }
    }
    put(out, static_cast<uint64_t>(options.annotation), 4);
    out.resize(out.size() + static_cast<size_t>(options.annotation) - 8, 0xAA);
    put(out, pixels.size(), 4);
    out.insert(out.end(), pixels.begin(), pixels.end());
  }
  return out;
}

/// The frames of an .mraw.
inline Bytes make_mraw(const std::vector<Picture>& frames, int bits) {
  Bytes out;
  for (const Picture& p : frames) {
    if (bits == 12) {
      const Bytes packed = pack_bits(p, 12);
      out.insert(out.end(), packed.begin(), packed.end());
    } else {
      for (const uint16_t sample : p.pixels) put(out, sample, bits / 8);
    }
  }
  return out;
}

inline std::string make_cih(int width, int height, int bits, int frames, const std::string& more = "") {
  return "#Camera Information Header\r\nDate : 2018/12/17\r\nTime : 12:48\r\nRecord Rate(fps) : 30000\r\nTotal Frame "
         ": " +
         std::to_string(frames) + "\r\nImage Width : " + std::to_string(width) +
         "\r\nImage Height : " + std::to_string(height) +
         "\r\nColor Type : Mono\r\nColor Bit : " + std::to_string(bits) +
         "\r\nFile Format : MRaw\r\nEffectiveBit Depth : 12\r\nEffectiveBit Side : Lower\r\n" + more + "\r\n";
}

inline std::string make_cihx(int width, int height, int bits, int frames) {
  const std::string size = "<resolution>\r\n<width>" + std::to_string(width) + "</width><height>" +
                           std::to_string(height) + "</height></resolution>";
  std::string out = "CIHX";
  out += std::string("\0\1\2\0", 4);
  return out +
         "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<cih><deviceInfo><recordRate>1</recordRate></deviceInfo>" +
         "<imageFileInfo><fileFormat>Mraw</fileFormat></imageFileInfo><imageDataInfo>" + size +
         "<colorInfo><type>Raw</type><bit> " + std::to_string(bits) +
         " </bit></colorInfo><effectiveBit><depth>12</depth><side>Lower</side></effectiveBit></imageDataInfo>" +
         "<frameInfo><totalFrame>" + std::to_string(frames) + "</totalFrame><skipFrame>4</skipFrame></frameInfo>" +
         "<recordInfo><recordRate>30000</recordRate></recordInfo></cih>";
}

}  // namespace flashcell::test
