#include "host/app/bench/timing.hpp"

#include <algorithm>

namespace flashcell::app {
namespace {

constexpr double kPeerSeconds = 4;
// Frames. Many, because a processor takes its time after another's code: wide vector units wake up, branch and cache
// histories are learned anew.
constexpr int kTurn = 250;

int64_t time_of(const Work& work, int i) {
  const int64_t before = steady_now_ns();
  work(i);
  return steady_now_ns() - before;
}

}  // namespace

BenchCase measure(std::string group, std::string name, int frames, const Work& ours,
                  const std::vector<PeerWork>& peers) {
  BenchCase result;
  result.group = std::move(group);
  result.name = std::move(name);
  std::vector<int64_t> peer_ns(peers.size());
  for (const PeerWork& peer : peers) result.peers.push_back({peer.name, {}});
  for (int i = 0; i < std::max(3, frames / 10); ++i) ours(i);
  for (size_t p = 0; p < peers.size(); ++p) {
    for (int i = 0; i < 3; ++i) peers[p].work(i);
  }
  int64_t total = 0;
  // In turns, so that everybody meets the same weather.
  for (int begin = 0; begin < frames; begin += kTurn) {
    const int end = std::min(frames, begin + kTurn);
    for (int i = begin; i < end; ++i) {
      const int64_t ns = time_of(ours, i);
      result.time.record(ns);
      total += ns;
    }
    for (size_t p = 0; p < peers.size(); ++p) {
      if (static_cast<double>(peer_ns[p]) * 1e-9 * static_cast<double>(peers.size()) > kPeerSeconds) continue;
      for (int i = begin; i < end; ++i) {
        const int64_t ns = time_of(peers[p].work, i);
        result.peers[p].time.record(ns);
        peer_ns[p] += ns;
      }
    }
  }
  result.frames_per_s = 1e9 * frames / static_cast<double>(std::max<int64_t>(1, total));
  return result;
}

}  // namespace flashcell::app
