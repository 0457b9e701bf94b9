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
  const contract::CellLabelJob& job = launch.job;
  const uint32_t last = launch.frame_count - 1, last_class = job.classes - 1u;
  const auto bytes_to = [](uint64_t from, uint64_t words) { return (from + words) * contract::kWordBytes; };
  Ports ports;
  if (job.layout != contract::PixelLayout::none) {
    const uint64_t bytes = bytes_to(uint64_t{last} * job.frame_words, uint64_t{job.row_words} * job.height);
    ports.frames = words(launch.memory.at(launch.frames, bytes, contract::kFramesArgument));
  }
  if (job.segmentation == contract::Segmentation::given) {
    const uint64_t before = (uint64_t{last} * job.classes + last_class) * job.mask_words;
    const uint64_t bytes = bytes_to(before, uint64_t{job.mask_row_words} * job.height);
    ports.masks = words(launch.memory.at(launch.masks, bytes, contract::kMasksArgument));
  }
  if (job.segmentation == contract::Segmentation::colour_table) launch.colour_table();
  ports.parameters = words(launch.memory.at(launch.parameters, contract::kWordBytes, contract::kParametersArgument));
  const uint64_t before = (uint64_t{last} * job.classes + last_class) * job.result_words;
  ports.results =
      words(launch.memory.at(launch.results, bytes_to(before, job.result_words), contract::kResultsArgument));
  return ports;
}

}  // namespace

void HlsExecutor::run(const KernelCall& call) {
  const KernelLaunch launch(call);
  const kernels::CellLabelKernel top = kernels::top_function(contract::find_build(call.kernel.c_str()));
  if (top == nullptr) throw KernelFault("there is no kernel `" + call.kernel + "`");
  Ports ports;
  if (launch.judge(build_of(call.kernel)) == contract::ResultStatus::done && launch.frame_count > 0) {
    ports = connect(launch);
  } else {
    // The kernel looks at its job and answers in the first word of its results.
    ports.parameters = words(launch.memory.at(launch.parameters, contract::kWordBytes, contract::kParametersArgument));
    ports.results = words(launch.memory.at(launch.results, contract::kWordBytes, contract::kResultsArgument));
  }
  top(ports.frames, ports.masks, ports.parameters, ports.results, launch.frame_count, launch.sequence);
}

}  // namespace flashcell::host
