#pragma once
#include "host/xrt_software/executor.hpp"

namespace flashcell::host {

/// The kernel itself: calls the top function of the name with pointers into device memory, once it is clear that all
/// that the job may touch is there.
class HlsExecutor : public Executor {
 public:
  void run(const KernelCall& call) override;
};

}  // namespace flashcell::host
