#include "host/xrt_software/hls_executor.hpp"

#include "host/xrt_software/kernel_launch.hpp"
#include "kernels_hls/cell_label/kernel_table.hpp"

namespace flashcell::host {
namespace {

using Word = ap_uint<512>;
static_assert(sizeof(Word) == contract::kWordBytes, "device memory is rows of such words");

Word* words(std::span<std::byte> memory) {
  return reinterpret_cast<Word*>(memory.data());
}

/// Where each port points to; null where the job reads nothing there.
struct Ports {
  const Word *frames = nullptr, *masks = nullptr, *parameters = nullptr;
  Word* results = nullptr;
};

/// Checks both ends of what the kernel may touch: a buffer that holds them holds what is between.
Ports connect(const KernelLaunch& launch) {
  const LaunchLayout& layout = launch.layout;
  const contract::CellLabelJob& job = layout.job;
  const uint32_t last = layout.frames - 1, last_class = job.classes - 1u;
  Ports ports;
  if (job.layout != contract::PixelLayout::none) {
    const uint64_t bytes = layout.frame_at(last) + job.height * layout.row_bytes();
    ports.frames = words(launch.memory.at(launch.frames, bytes, contract::kFramesArgument));
  }
  if (layout.host_segments()) {
    const uint64_t bytes = layout.mask_at(last, last_class) + job.height * layout.mask_row_bytes();
    ports.masks = words(launch.memory.at(launch.masks, bytes, contract::kMasksArgument));
  }
  if (job.segmentation == contract::Segmentation::colour_table) launch.colour_table();
  ports.parameters = words(launch.memory.at(launch.parameters, contract::kWordBytes, contract::kParametersArgument));
  const uint64_t bytes = layout.region_at(last, last_class) + layout.region_bytes();
  ports.results = words(launch.memory.at(launch.results, bytes, contract::kResultsArgument));
  return ports;
}

}  // namespace

void HlsExecutor::run(const KernelCall& call) {
  const KernelLaunch launch(call);
  const kernels::CellLabelKernel top = kernels::top_function(contract::find_build(call.kernel.c_str()));
  if (top == nullptr) throw KernelFault("there is no kernel `" + call.kernel + "`");
  Ports ports;
  if (launch.judge(build_of(call.kernel)) == contract::ResultStatus::done && launch.layout.frames > 0) {
    ports = connect(launch);
  } else {
    // The kernel looks at its job and answers in the first word of its results.
    ports.parameters = words(launch.memory.at(launch.parameters, contract::kWordBytes, contract::kParametersArgument));
    ports.results = words(launch.memory.at(launch.results, contract::kWordBytes, contract::kResultsArgument));
  }
  top(ports.frames, ports.masks, ports.parameters, ports.results, launch.layout.frames, launch.sequence);
}

}  // namespace flashcell::host
