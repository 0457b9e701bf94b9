#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/training_program/commands.hpp"
#include "quant_models/train/sensitivity_command.hpp"
#include "quant_models/train/tune_commands.hpp"

// flashcell_train: what `flashcell train`, `quantize --data-free`, `synthesize` and `experiment` start. A program of
// its own, so that the tracker does not load libtorch.
namespace flashcell::quant {
namespace {

constexpr int kBug = 1, kInput = 3;  // as flashcell's exit codes

struct Program {
  const char* name;  ///< what people typed
  int (*run)(int argc, const char* const* argv);
  int skipped;  ///< words before its own
};

// The first word after the program's name may say what is done, else it is a recipe.
Program choose(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "data-free") return {"flashcell quantize", data_free_command, 1};
  if (what == "sensitivity") return {"flashcell quantize", run_sensitivity, 1};
  if (what == "ternary") return {"flashcell quantize", run_train_ternary, 1};
  if (what == "prune") return {"flashcell quantize", run_prune, 1};
  if (what == "rem-cim") return {"flashcell experiment rem-cim", rem_cim_command, 1};
  if (what == "synthesize") return {"flashcell synthesize", synthesize_command, 1};
  return {"flashcell train", train_command, 0};
}

}  // namespace
}  // namespace flashcell::quant

int main(int argc, char** argv) {
  // A limit on files' sizes is told by the write that it refuses, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  // Idle OpenMP threads that spin would take the processor from the others.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    setenv("OMP_WAIT_POLICY", "passive", 1);
    execv("/proc/self/exe", argv);  // OpenMP has read its settings already
  }
  // A step's tensors are as large as those of the step before: memory that went back to the system in between would be
  // cleared and mapped anew, which takes a quarter of the time where page faults are dear.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const flashcell::quant::Program program = flashcell::quant::choose(argc, argv);
  try {
    return program.run(argc - program.skipped, argv + program.skipped);
  } catch (const flashcell::Error& e) {
    std::fprintf(stderr, "%s: %s\n", program.name, flashcell::printable(e.what()).c_str());
    return static_cast<int>(e.fault());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "%s: out of memory: take a smaller batch\n", program.name);
    return flashcell::quant::kInput;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: internal error: %s; please report it with the command line\n", program.name, e.what());
    return flashcell::quant::kBug;
  }
}
