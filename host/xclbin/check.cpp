#include "host/xclbin/check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/named_value.hpp"
#include "kernels_hls/contract/features.hpp"

namespace flashcell::host {
namespace {

constexpr const char* kKernelFamily = "cell_label_";

std::string features_text(uint8_t features) {
  std::vector<std::string> names;
  contract::append_feature_names(features, names);
  return names.empty() ? "no features" : fmt::format("{}", fmt::join(names, ", "));
}

std::string argument_problem(const XclbinKernel& kernel) {
  if (kernel.arguments.size() != contract::kCellLabelArgumentCount) {
    return fmt::format("has {} arguments instead of {}", kernel.arguments.size(), contract::kCellLabelArgumentCount);
  }
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    const contract::KernelArgument& wanted = contract::kCellLabelArguments[i];
    const XclbinArgument& a = kernel.arguments[i];
    if (a.name != wanted.name || a.offset != wanted.offset || a.pointer != (wanted.bundle != nullptr)) {
      return fmt::format("argument {} is `{}` at {:#x}, not `{}` at {:#x}", i, a.name, a.offset, wanted.name,
                         wanted.offset);
    }
  }
  return "";
}

std::string names_of(const Xclbin& xclbin) {
  std::vector<std::string> names;
  for (const XclbinKernel& kernel : xclbin.kernels) names.push_back(kernel.name);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

/// A version of the contract that some cell_label kernel of the xclbin was built for and that is not ours.
std::optional<uint32_t> foreign_version(const Xclbin& xclbin) {
  for (const XclbinKernel& kernel : xclbin.kernels) {
    const auto version = contract_version_of(kernel.name);
    if (version && *version != contract::kContractVersion && kernel.name.rfind(kKernelFamily, 0) == 0) return version;
  }
  return {};
}

/// Vendor and card: what stands before the second '_' (or ':', as older tools write).
std::string card_of(const std::string& platform) {
  const size_t first = platform.find_first_of("_:");
  const size_t second = first == std::string::npos ? first : platform.find_first_of("_:", first + 1);
  std::string card = platform.substr(0, second);
  std::replace(card.begin(), card.end(), ':', '_');
  return card;
}

}  // namespace

std::optional<uint32_t> contract_version_of(const std::string& kernel) {
  const size_t at = kernel.rfind("_v");
  if (at == std::string::npos) return {};
  uint32_t version = 0;
  const char *first = kernel.data() + at + 2, *last = kernel.data() + kernel.size();
  const auto end = std::from_chars(first, last, version);
  if (first == last || end.ec != std::errc() || end.ptr != last) return {};
  return version;
}

std::string kernel_problem(const Xclbin& xclbin, const XclbinKernel& kernel) {
  const auto version = contract_version_of(kernel.name);
  if (version && *version != contract::kContractVersion && kernel.name.rfind(kKernelFamily, 0) == 0) {
    return fmt::format("was built for contract version {}; this flashcell speaks {}", *version,
                       contract::kContractVersion);
  }
  if (contract::find_build(kernel.name.c_str()) == nullptr) return "is not one of this flashcell's kernels";
  if (const std::string problem = argument_problem(kernel); !problem.empty()) return problem;
  if (kernel.units.empty()) return "has no compute unit";
  for (const ComputeUnit& unit : kernel.units) {
    for (int i = 0; i < contract::kCellLabelArgumentCount; ++i) {
      if (contract::kCellLabelArguments[i].bundle == nullptr) continue;
      const bool connected = std::any_of(unit.connections.begin(), unit.connections.end(), [&](const auto& c) {
        return c.argument == i && xclbin.memories[static_cast<size_t>(c.memory)].used;
      });
      if (!connected) {
        return fmt::format("compute unit {}: argument `{}` leads to no memory", unit.instance,
                           contract::kCellLabelArguments[i].name);
      }
    }
  }
  return "";
}

XclbinReport check_xclbin(const Xclbin& xclbin) {
  XclbinReport report;
  for (const XclbinKernel& kernel : xclbin.kernels) {
    XclbinReport::Kernel& entry = report.kernels.emplace_back();
    entry.name = kernel.name;
    entry.build = contract::find_build(kernel.name.c_str());
    entry.problem = kernel_problem(xclbin, kernel);
    for (const ComputeUnit& unit : kernel.units) entry.units.push_back(unit.instance);
    report.usable |= entry.problem.empty();
  }
  return report;
}

const contract::KernelBuild& choose_kernel(const Xclbin& xclbin, const contract::LabelParameters& label,
                                           const std::string& name) {
  std::string problem;
  for (const contract::KernelBuild& build : contract::kCellLabelBuilds) {
    if (!contract::fits(build, label.width, label.height, label.connectivity, label.features)) continue;
    const XclbinKernel* kernel = find_kernel(xclbin, build.name);
    if (kernel == nullptr) continue;
    const std::string this_problem = kernel_problem(xclbin, *kernel);
    if (this_problem.empty()) return build;
    if (problem.empty()) problem = fmt::format("kernel {} {}", build.name, this_problem);
  }
  if (const auto version = foreign_version(xclbin)) {
    throw Error(Fault::device,
                fmt::format("{}: was built for contract version {}, this flashcell speaks {}; use the xclbin of this "
                            "flashcell's version, or build it again",
                            name, *version, contract::kContractVersion));
  }
  if (!problem.empty()) throw Error(Fault::device, fmt::format("{}: {}; build it again", name, problem));
  throw Error(Fault::device,
              fmt::format("{}: no kernel fits frames of {}x{} px with connectivity {} and {}; it has {}; choose other "
                          "[label] keys, or an xclbin with such a kernel",
                          name, label.width, label.height, name_in(contract::kConnectivities, label.connectivity),
                          features_text(label.features), names_of(xclbin)));
}

bool same_card(const std::string& built_for, const std::string& board) {
  return card_of(built_for) == card_of(board);
}

}  // namespace flashcell::host
