#include "host/source/cine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

/// Where the parts of the file begin.
struct CineHeader {
  uint16_t compression = 0, version = 0;
  uint32_t image_count = 0;
  uint64_t bitmap = 0, setup = 0, image_offsets = 0;
};

struct Camera {
  uint32_t frame_rate = 0;
  uint32_t real_bits = 0;
  uint32_t colour_filter = 0;
  uint64_t end = 0;  ///< of the setup block: tagged blocks follow
};

class CineReader {
 public:
  CineReader(const RandomReader& file, const std::string& name) : file_(file), name_(name) {}

  FrameLayout read() {
    const CineHeader header = read_header();
    const Camera camera = read_setup(header);
    layout_.info.name = name_;
    layout_.info.fps = camera.frame_rate;
    read_bitmap_header(header, camera);
    read_frames(header, camera);
    layout_.info.frame_count = static_cast<int64_t>(layout_.frames.size());
    return std::move(layout_);
  }

 private:
  Error broken(const std::string& what) const { return Error(Fault::input, fmt::format("{}: {}", name_, what)); }

  template <class Unsigned>
  Unsigned get(uint64_t offset, const char* what) const {
    const std::optional<Unsigned> value = little_endian<Unsigned>(file_, offset);
    if (!value) {
      throw broken(fmt::format("{} at byte {} lies beyond the end of the file ({} bytes): export the recording again",
                               what, offset, file_.size()));
    }
    return *value;
  }

  CineHeader read_header() const {
    constexpr uint16_t kMark = 0x4943;  // "CI"
    if (file_.size() < 44 || get<uint16_t>(0, "header") != kMark)
      throw broken("is no Phantom .cine recording: its first bytes are wrong");
    CineHeader header;
    header.compression = get<uint16_t>(4, "header");
    header.version = get<uint16_t>(6, "header");
    header.image_count = get<uint32_t>(20, "header");
    header.bitmap = get<uint32_t>(24, "header");
    header.setup = get<uint32_t>(28, "header");
    header.image_offsets = get<uint32_t>(32, "header");
    if (header.image_count == 0) throw broken("holds no frames");
    if (header.compression == 1)
      throw broken("its frames are JPEG-compressed, which is not supported: export it uncompressed");
    return header;
  }

  Camera read_setup(const CineHeader& header) const {
    // Fields were added at the setup's end over the years; its length says which are there.
    constexpr uint64_t kMark = 140, kLength = 142, kFrameRate = 768, kColourFilter = 808, kRealBits = 896;
    constexpr uint16_t kMarkValue = 0x5453;  // "ST"
    Camera camera;
    camera.frame_rate = get<uint16_t>(header.setup, "camera setup");
    camera.end = header.setup;
    if (get<uint16_t>(header.setup + kMark, "camera setup") != kMarkValue) return camera;
    const uint64_t length = get<uint16_t>(header.setup + kLength, "camera setup");
    camera.end = header.setup + length;
    const auto field = [&](uint64_t offset) {
      return length >= offset + 4 ? get<uint32_t>(header.setup + offset, "camera setup") : 0;
    };
    if (field(kFrameRate) != 0) camera.frame_rate = field(kFrameRate);
    camera.colour_filter = field(kColourFilter) & 0xFFFFFFu;
    camera.real_bits = field(kRealBits);
    return camera;
  }

  void read_bitmap_header(const CineHeader& header, const Camera& camera) {
    const auto width = static_cast<int32_t>(get<uint32_t>(header.bitmap + 4, "bitmap header"));
    const int64_t height = static_cast<int32_t>(get<uint32_t>(header.bitmap + 8, "bitmap header"));
    const uint16_t bits = get<uint16_t>(header.bitmap + 14, "bitmap header");
    const uint32_t packing = get<uint32_t>(header.bitmap + 16, "bitmap header");
    const uint32_t image_size = get<uint32_t>(header.bitmap + 20, "bitmap header");
    check_sides(name_, width, std::abs(height));
    if (header.compression == 2 && camera.colour_filter != 0) {
      throw broken("holds raw colour-filter frames, which are not supported: export it as grey or 24-bit colour");
    }
    SourceInfo& info = layout_.info;
    info.width = width;
    info.height = static_cast<int>(std::abs(height));
    set_pixels(bits, packing, camera);
    const uint64_t tight = tight_row_bytes(layout_.pixels, width);
    const uint64_t padded = (tight + 3) / 4 * 4;
    layout_.row_bytes = image_size == tight * static_cast<uint64_t>(info.height) ? tight : padded;
    layout_.bottom_up = packing == 0 && height > 0;
  }

  void set_pixels(uint16_t bits, uint32_t packing, const Camera& camera) {
    constexpr uint32_t kPacked10 = 256, kPacked12 = 1024;
    SourceInfo& info = layout_.info;
    info.format = PixelFormat::grey16;
    info.significant_bits = 12;
    if (packing == kPacked10) {
      layout_.pixels = RawPixels::grey10_packed;
      layout_.linearize = true;
    } else if (packing == kPacked12) {
      layout_.pixels = RawPixels::grey12_packed;
    } else if (packing == 0 && bits == 16) {
      layout_.pixels = RawPixels::grey16;
      info.significant_bits = camera.real_bits > 8 && camera.real_bits < 16 ? static_cast<int>(camera.real_bits) : 16;
    } else if (packing == 0 && (bits == 8 || bits == 24)) {
      layout_.pixels = bits == 8 ? RawPixels::grey8 : RawPixels::bgr8;
      info.format = bits == 8 ? PixelFormat::grey8 : PixelFormat::bgr8;
      info.significant_bits = 8;
    } else {
      throw broken(
          fmt::format("frames of {} bits with packing {} are not supported: export it as 8-, 10-, 12- or 16-bit grey",
                      bits, packing));
    }
  }

  /// Byte where the array of frame times begins; nothing when the recording has none.
  std::optional<uint64_t> find_times(const CineHeader& header, const Camera& camera) const {
    constexpr uint16_t kTimeBlock = 1002;
    for (uint64_t block = camera.end; block + 8 <= header.image_offsets;) {
      const std::optional<uint32_t> size = little_endian<uint32_t>(file_, block);
      const std::optional<uint16_t> type = little_endian<uint16_t>(file_, block + 4);
      if (!size || !type || *size < 8) return {};
      if (*type == kTimeBlock) {
        return (*size - 8) / 8 >= header.image_count ? std::optional<uint64_t>(block + 8) : std::nullopt;
      }
      block += *size;
    }
    return {};
  }

  /// Fixed point with 32 fractional bits, s since 1970.
  static int64_t nanoseconds(uint64_t time) {
    return static_cast<int64_t>((time >> 32) * 1000000000u + ((time & 0xFFFFFFFFu) * 1000000000u >> 32));
  }

  /// Where the pixels of the image at `offset` begin; `reason` says why not.
  std::optional<uint64_t> find_pixels(uint64_t offset, std::string& reason) const {
    const std::optional<uint32_t> annotation = little_endian<uint32_t>(file_, offset);
    const bool inside = annotation && *annotation >= 8 && *annotation <= file_.size() - offset;
    const std::optional<uint32_t> size =
        inside ? little_endian<uint32_t>(file_, offset + *annotation - 4) : std::nullopt;
    const uint64_t needed = frame_bytes(layout_);
    if (!annotation || (size && file_.size() - offset - *annotation < needed)) {
      reason = fmt::format("it lies beyond the end of the file ({} bytes)", file_.size());
    } else if (!size) {
      reason = fmt::format("its header of {} bytes is damaged", *annotation);
    } else if (*size < needed) {
      reason = fmt::format("it has {} bytes instead of {}", *size, needed);
    } else {
      return offset + *annotation;
    }
    return {};
  }

  void read_frames(const CineHeader& header, const Camera& camera) {
    const uint64_t entry = header.version == 0 ? 4 : 8;
    const uint64_t room = header.image_offsets > file_.size() ? 0 : (file_.size() - header.image_offsets) / entry;
    const uint64_t listed = std::min<uint64_t>(room, header.image_count);
    check_frame_count(name_, listed);
    const std::optional<uint64_t> times = find_times(header, camera);
    std::string first_problem;
    if (listed == 0)
      first_problem = "the first is missing in the table of frames, which lies beyond the end of the file";
    for (uint64_t i = 0; i < listed; ++i) {
      const uint64_t at = header.image_offsets + i * entry;
      const uint64_t offset = entry == 4 ? get<uint32_t>(at, "table of frames") : get<uint64_t>(at, "table of frames");
      std::string reason;
      const std::optional<uint64_t> pixels = find_pixels(offset, reason);
      if (!pixels) {
        if (first_problem.empty())
          first_problem = fmt::format("the first is frame {} at byte {}: {}", i, offset, reason);
        continue;
      }
      FramePlace place{*pixels, static_cast<int64_t>(i), {}};
      if (times) {
        if (const std::optional<uint64_t> time = little_endian<uint64_t>(file_, *times + 8 * i))
          place.device_time_ns = nanoseconds(*time);
      }
      layout_.frames.push_back(place);
    }
    const uint64_t missing = header.image_count - layout_.frames.size();
    if (missing == 0) return;
    if (first_problem.empty())
      first_problem = fmt::format("the first is frame {}, missing in the table of frames", listed);
    layout_.damage = fmt::format("{}: {} of {} frames are missing or damaged, {}; export the recording again", name_,
                                 missing, header.image_count, first_problem);
  }

  const RandomReader& file_;
  const std::string& name_;
  FrameLayout layout_;
};

}  // namespace

FrameLayout read_cine(const RandomReader& file, const std::string& name) {
  return CineReader(file, name).read();
}

}  // namespace flashcell::host
