#pragma once
#include <functional>
#include <string>
#include <vector>

#include "pipeline/frame_feed.hpp"
#include "pipeline/latency_histogram.hpp"

namespace flashcell::app {

/// Somebody else's function for the same work, timed in the same run, in turn with ours.
struct Peer {
  std::string name;
  LatencyHistogram time;
};

/// One line of the table.
struct BenchCase {
  std::string group, name;
  LatencyHistogram time;    ///< ns for each frame
  double frames_per_s = 0;  ///< frames over the time they took together
  std::vector<Peer> peers;
  std::string note;  ///< what the scene held
};

struct BenchOptions {
  int frames = 500;      ///< timed frames a case
  int threads = 0;       ///< most threads the whole pipeline is tried on; 0: all cores
  std::string networks;  ///< folder of trained networks: roi_mnist, cell_digits; those missing are left out
  std::vector<std::string> onnx_files;  ///< networks in real numbers, to compare with OpenCV
};

/// A function that processes frame i.
using Work = std::function<void(int i)>;
struct PeerWork {
  std::string name;
  Work work;
};

/// Times `ours` and every peer, in turns of 250 frames, after a tenth of the frames to warm up. The peers get fewer
/// frames when they are slow: at most `kPeerSeconds` altogether.
BenchCase measure(std::string group, std::string name, int frames, const Work& ours,
                  const std::vector<PeerWork>& peers = {});

/// The cases, a group a function.
std::vector<BenchCase> bench_labelling(const BenchOptions& options);
std::vector<BenchCase> bench_segmentation(const BenchOptions& options);
std::vector<BenchCase> bench_tracking(const BenchOptions& options);
/// Throws Error(Fault::input) for a network that cannot be read or run.
std::vector<BenchCase> bench_networks(const BenchOptions& options);
std::vector<BenchCase> bench_pipeline(const BenchOptions& options);

}  // namespace flashcell::app
