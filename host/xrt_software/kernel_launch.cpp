#include "host/xrt_software/kernel_launch.hpp"

#include <cstring>

#include "kernels_hls/contract/features.hpp"

namespace flashcell::host {

using contract::CellLabelJob;
using contract::PixelLayout;
using contract::ResultStatus;
using contract::Segmentation;

namespace {

uint32_t scalar(const KernelCall& call, int argument) {
  return call.registers[contract::kCellLabelArguments[argument].offset / 4];
}

uint64_t pointer(const KernelCall& call, int argument) {
  const uint32_t word = contract::kCellLabelArguments[argument].offset / 4;
  return call.registers[word] | static_cast<uint64_t>(call.registers[word + 1]) << 32;
}

}  // namespace

const contract::KernelBuild& build_of(const std::string& kernel) {
  if (const contract::KernelBuild* build = contract::find_build(kernel.c_str())) return *build;
  throw KernelFault("there is no kernel `" + kernel + "`");
}

KernelLaunch::KernelLaunch(const KernelCall& call)
    : memory(call.memory),
      frames(pointer(call, contract::kFramesArgument)),
      masks(pointer(call, contract::kMasksArgument)),
      parameters(pointer(call, contract::kParametersArgument)),
      results(pointer(call, contract::kResultsArgument)),
      sequence(scalar(call, contract::kSequenceArgument)) {
  layout.frames = scalar(call, contract::kFrameCountArgument);
  const auto job = memory.at(parameters, sizeof layout.job, contract::kParametersArgument);
  std::memcpy(&layout.job, job.data(), job.size());
}

ResultStatus KernelLaunch::judge(const contract::KernelBuild& build) const {
  const CellLabelJob& job = layout.job;
  if (job.contract_version != contract::kContractVersion) return ResultStatus::wrong_version;
  const bool needs_pixels = reads_pixels(job.segmentation, job.features);
  const bool needs_colour = job.segmentation == Segmentation::colour_table || contract::need_colour(job.features);
  const bool good =
      job.width >= 1 && job.height >= 1 && job.connectivity <= contract::Connectivity::exact4 &&
      contract::fits(build, job.width, job.height, job.connectivity, job.features) && job.classes >= 1 &&
      job.classes <= contract::kMaxColourClasses && job.layout <= PixelLayout::bayer_gbrg &&
      job.segmentation <= Segmentation::colour_table && (job.layout != PixelLayout::none || !needs_pixels) &&
      (has_colour(job.layout) || !needs_colour) && job.capacity >= 1 && job.min_area <= job.max_area &&
      job.min_cell_pixels >= 1 && job.min_cell_pixels <= contract::kCellPixels &&
      uint64_t{job.row_words} * contract::kWordBytes >= uint64_t{job.width} * contract::bytes_of(job.layout) &&
      job.frame_words >= uint64_t{job.row_words} * (job.layout == PixelLayout::none ? 0 : job.height) &&
      (job.segmentation != Segmentation::given || (job.mask_row_words >= contract::words_for((job.width + 7u) / 8) &&
                                                   job.mask_words >= uint64_t{job.mask_row_words} * job.height)) &&
      job.result_words >= 1 + uint64_t{job.capacity} * contract::words_per_object(job.features);
  return good ? ResultStatus::done : ResultStatus::bad_job;
}

std::span<std::byte> KernelLaunch::frame(uint32_t f) const {
  return memory.at(frames + layout.frame_at(f), layout.job.height * layout.row_bytes(), contract::kFramesArgument);
}

std::span<std::byte> KernelLaunch::mask(uint32_t f, uint32_t class_id) const {
  return memory.at(masks + layout.mask_at(f, class_id), layout.job.height * layout.mask_row_bytes(),
                   contract::kMasksArgument);
}

std::span<std::byte> KernelLaunch::colour_table() const {
  return memory.at(parameters + sizeof layout.job, layout.colour_table_bytes(), contract::kParametersArgument);
}

std::span<std::byte> KernelLaunch::region(uint32_t f, uint32_t class_id, uint64_t bytes) const {
  return memory.at(results + layout.region_at(f, class_id), bytes, contract::kResultsArgument);
}

}  // namespace flashcell::host
