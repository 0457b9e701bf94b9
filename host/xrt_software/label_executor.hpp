#pragma once
#include <memory>
#include <vector>

#include "host/label/labeller.hpp"
#include "host/launch/launch_results.hpp"
#include "host/xrt_software/kernel_launch.hpp"

namespace flashcell::host {

/// `cell_label` with the host's fast labeller: reads job, frames, masks and colour table from device memory, writes
/// result regions.
class LabelExecutor : public Executor {
 public:
  void run(const KernelCall& call) override;

 private:
  void prepare(const contract::CellLabelJob& job);
  void run_frame(const KernelLaunch& launch, uint32_t frame);
  FrameView pixels_of(const KernelLaunch& launch, uint32_t frame);
  void segment(const KernelLaunch& launch, uint32_t frame, const FrameView& pixels);
  void write_region(const KernelLaunch& launch, uint32_t frame, uint32_t class_id);

  contract::CellLabelJob job_{};  // that the members below were made for
  std::unique_ptr<Labeller> labeller_;
  std::vector<BitImage> masks_;
  std::vector<uint8_t> demosaiced_;
  ObjectTable table_;
  ResultWriter writer_;
};

}  // namespace flashcell::host
