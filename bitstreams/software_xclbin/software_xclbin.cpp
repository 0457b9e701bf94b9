#include "bitstreams/software_xclbin/software_xclbin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::bitstreams {
namespace {

// Numbers of XRT's xclbin.h.
enum SectionKind : uint32_t { kMetadata = 2, kMemoryTopology = 6, kConnectivity = 7, kIpLayout = 8, kClocks = 11 };
constexpr uint16_t kHardwareEmulation = 4;
constexpr uint8_t kDdr4 = 1;
constexpr uint32_t kIpKernel = 1, kControlChainProperty = 1 << 8;
constexpr uint8_t kDataClock = 1;
constexpr size_t kHeaderBytes = 456, kSectionHeaderBytes = 40, kFileHeaderAlignment = 8;

constexpr uint64_t kBankKilobytes = uint64_t{4} << 20;
constexpr uint64_t kFirstBank = 0x4000000000, kBankStride = 0x400000000;
constexpr uint64_t kFirstUnit = 0x800000, kUnitStride = 0x10000;

/// Little-endian bytes, whatever the machine's own order.
class Bytes {
 public:
  template <class Int>
  Bytes& add(Int value) {
    for (size_t i = 0; i < sizeof(Int); ++i)
      bytes_.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> 8 * i));
    return *this;
  }
  Bytes& add_text(const std::string& text, size_t field_bytes) {
    if (text.size() >= field_bytes) throw std::invalid_argument(fmt::format("\"{}\" is too long a name", text));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return fill(0, field_bytes - text.size());
  }
  Bytes& fill(uint8_t value, size_t count) {
    bytes_.insert(bytes_.end(), count, value);
    return *this;
  }
  Bytes& append(const std::vector<uint8_t>& more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }
  Bytes& align(size_t to) { return fill(0, (to - bytes_.size() % to) % to); }
  size_t size() const { return bytes_.size(); }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

struct Section {
  SectionKind kind;
  const char* name;
  std::vector<uint8_t> bytes;
};

/// One compute unit: instance `number` of a kernel, from 1.
struct Unit {
  std::string kernel;
  int number;
  uint64_t base;
  std::string instance() const { return fmt::format("{}_{}", kernel, number); }
};

std::vector<Unit> list_units(const SoftwareXclbin& d) {
  std::vector<Unit> units;
  for (const std::string& kernel : d.kernels) {
    for (int i = 1; i <= d.units; ++i) units.push_back({kernel, i, kFirstUnit + kUnitStride * units.size()});
  }
  return units;
}

std::string argument_xml() {
  std::string xml;
  int id = 0;
  for (const contract::KernelArgument& a : contract::kCellLabelArguments) {
    const bool pointer = a.bundle != nullptr;
    xml += fmt::format(
        "<arg name=\"{}\" addressQualifier=\"{}\" id=\"{}\" port=\"{}\" size=\"{:#x}\" offset=\"{:#x}\" "
        "hostOffset=\"0x0\" hostSize=\"{:#x}\" type=\"{}\"/>\n",
        a.name, pointer ? 1 : 0, id++, pointer ? "m_axi_" + std::string(a.bundle) : "s_axi_control", pointer ? 8 : 4,
        a.offset, pointer ? 8 : 4, pointer ? "void*" : "unsigned int");
  }
  return xml;
}

std::string port_xml() {
  std::string xml;
  for (const contract::KernelArgument& a : contract::kCellLabelArguments) {
    if (a.bundle == nullptr) continue;
    xml += fmt::format(
        "<port name=\"m_axi_{}\" mode=\"master\" range=\"0xFFFFFFFFFFFFFFFF\" dataWidth=\"512\" "
        "portType=\"addressable\" base=\"0x0\"/>\n",
        a.bundle);
  }
  return xml +
         "<port name=\"s_axi_control\" mode=\"slave\" range=\"0x1000\" dataWidth=\"32\" portType=\"addressable\" "
         "base=\"0x0\"/>\n";
}

std::vector<uint8_t> metadata(const SoftwareXclbin& d, const std::vector<Unit>& units) {
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project name=\"flashcell\">\n"
      "<platform vendor=\"flashcell\" boardid=\"software\" name=\"{}\" featureRomTime=\"0\">\n"
      "<version major=\"{}\" minor=\"0\"/>\n"
      "<device name=\"fpga0\" fpgaDevice=\"software:none\">\n"
      "<core name=\"OCL_REGION_0\" target=\"hw_em\" type=\"clc_region\" clockFreq=\"0MHz\" numComputeUnits=\"{}\">\n"
      "<kernelClocks><clock port=\"KERNEL_CLK\" frequency=\"{}.0MHz\"/></kernelClocks>\n",
      d.platform, contract::kContractVersion, units.size(), d.clock_mhz);
  const std::string arguments = argument_xml(), ports = port_xml();
  for (const std::string& kernel : d.kernels) {
    xml +=
        fmt::format("<kernel name=\"{}\" language=\"c\" workGroupSize=\"1\" hwControlProtocol=\"ap_ctrl_chain\">\n{}{}",
                    kernel, ports, arguments);
    for (const Unit& unit : units) {
      if (unit.kernel != kernel) continue;
      xml += fmt::format(
          "<instance name=\"{}\"><addrRemap base=\"{:#x}\" range=\"{:#x}\" port=\"s_axi_control\"/></instance>\n",
          unit.instance(), unit.base, kUnitStride);
    }
    xml += "</kernel>\n";
  }
  xml += "</core></device></platform></project>\n";
  return {xml.begin(), xml.end()};
}

std::vector<uint8_t> memory_topology(const SoftwareXclbin& d) {
  Bytes bytes;
  bytes.add<int32_t>(d.banks).fill(0, 4);
  for (int i = 0; i < d.banks; ++i) {
    bytes.add(kDdr4).add<uint8_t>(1).fill(0, 6).add(kBankKilobytes).add(kFirstBank + kBankStride * i);
    bytes.add_text(fmt::format("bank{}", i), 16);
  }
  return bytes.take();
}

std::vector<uint8_t> ip_layout(const std::vector<Unit>& units) {
  Bytes bytes;
  bytes.add<int32_t>(static_cast<int32_t>(units.size())).fill(0, 4);
  for (const Unit& unit : units) {
    bytes.add(kIpKernel).add(kControlChainProperty).add(unit.base);
    bytes.add_text(unit.kernel + ":" + unit.instance(), 64);
  }
  return bytes.take();
}

std::vector<uint8_t> connectivity(const SoftwareXclbin& d, const std::vector<Unit>& units) {
  Bytes connections;
  int32_t count = 0;
  for (size_t unit = 0; unit < units.size(); ++unit) {
    const int inputs = 2 * (units[unit].number - 1) % d.banks;
    for (int argument = 0; argument < contract::kCellLabelArgumentCount; ++argument) {
      const contract::KernelArgument& a = contract::kCellLabelArguments[argument];
      if (a.bundle == nullptr) continue;
      const int bank = a.written ? (inputs + 1) % d.banks : inputs;
      connections.add<int32_t>(argument).add(static_cast<int32_t>(unit)).add<int32_t>(bank);
      ++count;
    }
  }
  return Bytes().add(count).append(connections.take()).take();
}

std::vector<uint8_t> clocks(const SoftwareXclbin& d) {
  Bytes bytes;
  bytes.add<int16_t>(1).add(static_cast<uint16_t>(d.clock_mhz)).add(kDataClock).fill(0, 5);
  return bytes.add_text("KERNEL_CLK", 128).take();
}

/// 128 bits that differ when the sections do: FNV-1a over their bytes, twice.
void add_uuid(const std::vector<Section>& sections, Bytes& out) {
  for (uint64_t hash : {uint64_t{0xcbf29ce484222325}, uint64_t{0x84222325cbf29ce4}}) {
    for (const Section& section : sections) {
      for (const uint8_t byte : section.bytes) hash = (hash ^ byte) * 0x100000001b3;
    }
    out.add(hash);
  }
}

std::vector<uint8_t> container(const SoftwareXclbin& d, const std::vector<Section>& sections) {
  Bytes table, body;
  const size_t first = kHeaderBytes + kSectionHeaderBytes * sections.size();
  const size_t body_start = (first + kFileHeaderAlignment - 1) / kFileHeaderAlignment * kFileHeaderAlignment;
  for (const Section& section : sections) {
    body.align(kFileHeaderAlignment);
    table.add(static_cast<uint32_t>(section.kind)).add_text(section.name, 16).fill(0, 4);
    table.add(static_cast<uint64_t>(body_start + body.size())).add(static_cast<uint64_t>(section.bytes.size()));
    body.append(section.bytes);
  }
  Bytes out;
  out.add_text("xclbin2", 8).add<int32_t>(-1).fill(0xff, 28 + 256).add<uint64_t>(0);
  out.add(static_cast<uint64_t>(body_start + body.size())).add<uint64_t>(0).add<uint64_t>(0);
  out.add<uint16_t>(0).add<uint8_t>(2).add<uint8_t>(13).add(kHardwareEmulation).add<uint16_t>(0).fill(0, 16);
  out.add_text(d.platform, 64);
  add_uuid(sections, out);
  out.fill(0, 16).add(static_cast<uint32_t>(sections.size())).fill(0, 4);
  return out.append(table.take()).align(kFileHeaderAlignment).append(body.take()).take();
}

void check(const SoftwareXclbin& d) {
  const auto range = [](const char* name, int64_t value, int64_t low, int64_t high) {
    if (value < low || value > high)
      throw std::invalid_argument(fmt::format("{} is {}; it must be in {}..{}", name, value, low, high));
  };
  range("number of compute units", d.units, 1, 8);
  range("number of banks", d.banks, 1, 32);
  range("clock", d.clock_mhz, 1, 1000);
}

}  // namespace

std::vector<uint8_t> make_software_xclbin(const SoftwareXclbin& description) {
  check(description);
  SoftwareXclbin d = description;
  if (d.kernels.empty()) {
    for (const contract::KernelBuild& build : contract::kCellLabelBuilds) d.kernels.push_back(build.name);
  }
  const std::vector<Unit> units = list_units(d);
  return container(d, {{kMetadata, "metadata", metadata(d, units)},
                       {kMemoryTopology, "memory", memory_topology(d)},
                       {kIpLayout, "ip", ip_layout(units)},
                       {kConnectivity, "connectivity", connectivity(d, units)},
                       {kClocks, "clocks", clocks(d)}});
}

}  // namespace flashcell::bitstreams
