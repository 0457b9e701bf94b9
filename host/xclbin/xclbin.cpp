#include "host/xclbin/xclbin.hpp"

#include <fmt/format.h>
#include <tinyxml2.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/error.hpp"
#include "base/little_endian.hpp"
#include "base/xml.hpp"

namespace flashcell::host {
namespace {

// Offsets in the container, and numbers in it, as XRT's xclbin.h defines them.
constexpr uint64_t kLengthAt = 304, kTimeAt = 312, kModeAt = 332, kPlatformAt = 352, kUuidAt = 416,
                   kSectionCountAt = 448, kSectionsAt = 456;
constexpr uint64_t kSectionHeaderBytes = 40, kMemoryBytes = 40, kUnitBytes = 80, kConnectionBytes = 12,
                   kClockBytes = 136;
constexpr uint64_t kPlatformBytes = 64, kUuidBytes = 16;
constexpr uint32_t kMaxSections = 0x10000;
enum SectionKind : uint32_t { kMetadata = 2, kMemoryTopology = 6, kConnectivity = 7, kIpLayout = 8, kClocks = 11 };
enum Mode : uint16_t { kFlat = 0, kHardwareEmulation = 4, kSoftwareEmulation = 5, kHardwareEmulationPartial = 6 };
constexpr uint32_t kIpKernel = 1;
constexpr int kMaxArguments = 256;

/// Takes kernels and their arguments from the metadata's XML, wherever in it they stand.
class MetadataReader : public tinyxml2::XMLVisitor {
 public:
  explicit MetadataReader(std::vector<XclbinKernel>& kernels) : kernels_(kernels) {}

  bool VisitEnter(const tinyxml2::XMLElement& element, const tinyxml2::XMLAttribute*) override {
    const std::string_view tag = element.Name();
    if (tag == "kernel") {
      inside_ = !value(element, "name").empty();
      if (inside_) kernels_.emplace_back().name = value(element, "name");
    } else if (tag == "arg" && inside_) {
      read_argument(element, kernels_.back());
    }
    return true;
  }

  bool VisitExit(const tinyxml2::XMLElement& element) override {
    if (std::string_view(element.Name()) == "kernel") inside_ = false;
    return true;
  }

 private:
  /// Of an attribute; empty when there is none.
  static std::string_view value(const tinyxml2::XMLElement& element, const char* attribute) {
    const char* text = element.Attribute(attribute);
    return text == nullptr ? std::string_view() : text;
  }

  /// Decimal, or hexadecimal after 0x; 0 where it is neither.
  static uint32_t number(std::string_view digits) {
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      digits.remove_prefix(2);
      base = 16;
    }
    uint32_t value = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return end.ec == std::errc() ? value : 0;
  }

  static void read_argument(const tinyxml2::XMLElement& element, XclbinKernel& kernel) {
    const uint32_t id = number(value(element, "id"));
    if (value(element, "id").empty() || id >= kMaxArguments) return;  // streams and the like
    if (kernel.arguments.size() <= id) kernel.arguments.resize(id + 1);
    XclbinArgument& argument = kernel.arguments[id];
    argument.name = value(element, "name");
    argument.offset = number(value(element, "offset"));
    argument.size = number(value(element, "size"));
    argument.pointer = value(element, "addressQualifier") == "1";
  }

  std::vector<XclbinKernel>& kernels_;
  bool inside_ = false;  // the last kernel of the list
};

class Reader {
 public:
  Reader(std::span<const uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  Xclbin read() {
    read_header();
    read_clocks();
    read_memories();
    read_metadata();
    read_units();
    read_connections();
    return std::move(xclbin_);
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const {
    throw Error(Fault::input, fmt::format("{}: damaged xclbin: {}; copy or build it again", name_, what));
  }

  template <class Unsigned>
  Unsigned number(std::span<const uint8_t> bytes, uint64_t offset, const char* what) const {
    const auto value = little_endian<Unsigned>(bytes, offset);
    if (!value) damaged(fmt::format("it ends in {}", what));
    return *value;
  }

  /// Zero-terminated, at most `length` bytes.
  std::string text(std::span<const uint8_t> bytes, uint64_t offset, uint64_t length, const char* what) const {
    if (offset > bytes.size() || bytes.size() - offset < length) damaged(fmt::format("it ends in {}", what));
    const char* start = reinterpret_cast<const char*>(bytes.data() + offset);
    return std::string(start, strnlen(start, length));
  }

  void read_header() {
    constexpr char kMagic[8] = "xclbin2";
    if (bytes_.size() < sizeof kMagic || std::memcmp(bytes_.data(), kMagic, sizeof kMagic) != 0) {
      throw Error(Fault::input, fmt::format("{}: not an xclbin file (it does not start with \"xclbin2\")", name_));
    }
    const uint64_t length = number<uint64_t>(bytes_, kLengthAt, "its header");
    if (length > bytes_.size()) {
      damaged(fmt::format("it should be {} bytes long and has {}", length, bytes_.size()));
    }
    bytes_ = bytes_.first(length);
    section_count_ = number<uint32_t>(bytes_, kSectionCountAt, "its header");
    if (section_count_ > kMaxSections) damaged(fmt::format("it claims {} sections", section_count_));
    xclbin_.built = number<uint64_t>(bytes_, kTimeAt, "its header");
    xclbin_.platform = text(bytes_, kPlatformAt, kPlatformBytes, "its header");
    for (uint64_t i = 0; i < kUuidBytes; ++i) xclbin_.uuid += fmt::format("{:02x}", bytes_[kUuidAt + i]);
    const auto mode = number<uint16_t>(bytes_, kModeAt, "its header");
    xclbin_.target = mode == kHardwareEmulation || mode == kHardwareEmulationPartial ? XclbinTarget::hardware_emulation
                     : mode == kSoftwareEmulation                                    ? XclbinTarget::software_emulation
                                                                                     : XclbinTarget::board;
  }

  /// The first section of that kind; nothing when there is none.
  std::optional<std::span<const uint8_t>> section(SectionKind kind) const {
    for (uint32_t i = 0; i < section_count_; ++i) {
      const uint64_t header = kSectionsAt + i * kSectionHeaderBytes;
      if (number<uint32_t>(bytes_, header, "its list of sections") != kind) continue;
      const uint64_t offset = number<uint64_t>(bytes_, header + 24, "its list of sections");
      const uint64_t size = number<uint64_t>(bytes_, header + 32, "its list of sections");
      if (offset > bytes_.size() || size > bytes_.size() - offset) {
        damaged(fmt::format("section {} lies outside the file", static_cast<uint32_t>(kind)));
      }
      return bytes_.subspan(offset, size);
    }
    return {};
  }

  /// A section that is `first` bytes of head with a count in its first two or four, then records.
  template <class Count>
  uint64_t record_count(std::span<const uint8_t> bytes, uint64_t first, uint64_t record, const char* what) const {
    const auto count = static_cast<std::make_signed_t<Count>>(number<Count>(bytes, 0, what));
    if (count < 0 || static_cast<uint64_t>(count) > (bytes.size() < first ? 0 : bytes.size() - first) / record) {
      damaged(fmt::format("{} claims {} records", what, count));
    }
    return static_cast<uint64_t>(count);
  }

  void read_clocks() {
    const auto bytes = section(kClocks);
    if (!bytes) return;
    constexpr uint64_t kFirst = 2;
    const uint64_t count = record_count<uint16_t>(*bytes, kFirst, kClockBytes, "the clock section");
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t at = kFirst + i * kClockBytes;
      xclbin_.clocks.push_back(
          {text(*bytes, at + 8, 128, "the clock section"), number<uint16_t>(*bytes, at, "the clock section")});
    }
  }

  void read_memories() {
    const auto bytes = section(kMemoryTopology);
    if (!bytes) return;
    constexpr uint64_t kFirst = 8;
    const uint64_t count = record_count<uint32_t>(*bytes, kFirst, kMemoryBytes, "the memory section");
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t at = kFirst + i * kMemoryBytes;
      XclbinMemory memory;
      memory.used = (*bytes)[at + 1] != 0;
      memory.kilobytes = number<uint64_t>(*bytes, at + 8, "the memory section");
      memory.base = number<uint64_t>(*bytes, at + 16, "the memory section");
      memory.tag = text(*bytes, at + 24, 16, "the memory section");
      xclbin_.memories.push_back(memory);
    }
  }

  void read_metadata() {
    const auto bytes = section(kMetadata);
    if (!bytes) return;
    tinyxml2::XMLDocument document;
    const std::string problem = read_xml({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, document);
    if (!problem.empty()) damaged("its metadata: " + problem);
    MetadataReader reader(xclbin_.kernels);
    document.Accept(&reader);
  }

  void read_units() {
    const auto bytes = section(kIpLayout);
    if (!bytes) return;
    constexpr uint64_t kFirst = 8;
    const uint64_t count = record_count<uint32_t>(*bytes, kFirst, kUnitBytes, "the section of compute units");
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t at = kFirst + i * kUnitBytes;
      places_.push_back({-1, 0});
      if (number<uint32_t>(*bytes, at, "the section of compute units") != kIpKernel) continue;
      const std::string full = text(*bytes, at + 16, 64, "the section of compute units");
      const size_t colon = full.find(':');
      const int kernel = kernel_index(full.substr(0, colon));
      ComputeUnit unit;
      unit.instance = colon == std::string::npos ? full : full.substr(colon + 1);
      unit.base = number<uint64_t>(*bytes, at + 8, "the section of compute units");
      std::vector<ComputeUnit>& units = xclbin_.kernels[static_cast<size_t>(kernel)].units;
      places_.back() = {kernel, units.size()};
      units.push_back(unit);
    }
  }

  /// Where a compute unit's kernel is not in the metadata it gets an entry without arguments.
  int kernel_index(const std::string& name) {
    for (size_t i = 0; i < xclbin_.kernels.size(); ++i) {
      if (xclbin_.kernels[i].name == name) return static_cast<int>(i);
    }
    xclbin_.kernels.emplace_back().name = name;
    return static_cast<int>(xclbin_.kernels.size()) - 1;
  }

  void read_connections() {
    const auto bytes = section(kConnectivity);
    if (!bytes) return;
    constexpr uint64_t kFirst = 4;
    const char* const what = "the section of connections";
    const uint64_t count = record_count<uint32_t>(*bytes, kFirst, kConnectionBytes, what);
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t at = kFirst + i * kConnectionBytes;
      const auto argument = number<uint32_t>(*bytes, at, what);
      const auto unit = number<uint32_t>(*bytes, at + 4, what);
      const auto memory = number<uint32_t>(*bytes, at + 8, what);
      if (unit >= places_.size() || memory >= xclbin_.memories.size() || argument >= kMaxArguments) {
        damaged(fmt::format("connection {} names argument {} of compute unit {} and memory {}, which are not there", i,
                            argument, unit, memory));
      }
      const Place place = places_[unit];
      if (place.kernel < 0) continue;
      xclbin_.kernels[static_cast<size_t>(place.kernel)].units[place.unit].connections.push_back(
          {static_cast<int>(argument), static_cast<int>(memory)});
    }
  }

  /// Of an entry of the IP layout; kernel -1 where it is none.
  struct Place {
    int kernel;
    size_t unit;
  };

  std::span<const uint8_t> bytes_;
  const std::string& name_;
  uint32_t section_count_ = 0;
  std::vector<Place> places_;
  Xclbin xclbin_;
};

}  // namespace

Xclbin read_xclbin(std::span<const uint8_t> bytes, const std::string& name) {
  return Reader(bytes, name).read();
}

Xclbin read_xclbin_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file || bytes.empty()) {
    throw Error(Fault::input, fmt::format("{}: cannot be read; name an xclbin file", path));
  }
  return read_xclbin({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, path);
}

const XclbinKernel* find_kernel(const Xclbin& xclbin, const std::string& name) {
  for (const XclbinKernel& kernel : xclbin.kernels) {
    if (kernel.name == name) return &kernel;
  }
  return nullptr;
}

}  // namespace flashcell::host
