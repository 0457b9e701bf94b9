#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "quant_models/manycore/mesh.hpp"

namespace flashcell::quant::manycore {

/// Simulated time since the run began.
using Picoseconds = int64_t;

/// What `clocks` of a clock take.
inline Picoseconds duration(double clocks, double megahertz) {
  return static_cast<Picoseconds>(clocks * 1e6 / megahertz + 0.5);
}

/// Packets of one key on their way one behind the other: when the first and when the last of them are at a place.
struct Train {
  Picoseconds first = 0, last = 0;
};

/// Something that serves one thing after the other: a link, a router, a memory.
class Server {
 public:
  /// `count` things that come from train.first to train.last; each takes `slot`. When the first and the last are
  /// through. Between its own things others may be served.
  Train serve(const Train& train, int64_t count, Picoseconds slot) {
    const Picoseconds begin = train.first > free_ ? train.first : free_;
    waited_ += (begin - train.first) * count;
    busy_ += slot * count;
    free_ = begin + slot * count;
    const Picoseconds last_begin = begin + slot * (count - 1);
    return {begin + slot, (train.last > last_begin ? train.last : last_begin) + slot};
  }

  Picoseconds busy() const { return busy_; }
  Picoseconds waited() const { return waited_; }

 private:
  Picoseconds free_ = 0, busy_ = 0, waited_ = 0;
};

/// The wires of all chips: mesh links, routers, memories, links between chips. Queues are as long as they have to be;
/// nothing is dropped and nothing is held back.
class Fabric {
 public:
  Fabric(const Chip& chip, const ChipGrid& grid);

  /// Over one link of a chip's mesh, or into a node's elements.
  Train cross(int chip, int node, Direction direction, const Train& train, int64_t flits);
  /// Through a chip's router.
  Train route(int chip, const Train& train, int64_t packets);
  /// Over a link between chips.
  Train leave(int chip, int link, const Train& train, int64_t packets);
  /// Bytes out of a chip's memory to a node, asked for at `now`: when they are there.
  Picoseconds fetch(int chip, int node, int64_t bytes, Picoseconds now);

  /// From a chip's router to its elements: when a train that has left the router is at each of the nodes asked for.
  /// Nodes on common ways are crossed once.
  class Copies {
   public:
    Copies(Fabric& fabric, int chip, const Train& train, int64_t flits);
    const Train& at(int node);

   private:
    const Train& reach(int node);

    Fabric& fabric_;
    int chip_;
    int64_t flits_;
  };

  const Mesh& mesh() const { return mesh_; }
  /// By chip, then Mesh::link().
  const std::vector<Server>& links() const { return links_; }
  const std::vector<Server>& routers() const { return routers_; }
  const std::vector<Server>& memories() const { return memories_; }
  /// By chip, then ChipGrid's link.
  const std::vector<Server>& chip_links() const { return chip_links_; }
  Picoseconds flit_time() const { return flit_; }
  int64_t fetched_bytes() const { return fetched_bytes_; }

 private:
  Mesh mesh_;
  Picoseconds flit_, hop_, router_slot_, router_latency_, link_slot_, link_latency_, memory_latency_;
  double memory_rate_;
  int64_t flit_bytes_, fetched_bytes_ = 0;
  std::vector<Server> links_, routers_, memories_, chip_links_;
  // Of Copies: where the present train is, by node; valid where the mark is the present one.
  std::vector<Train> reached_, delivered_;
  std::vector<uint64_t> reached_mark_, delivered_mark_;
  uint64_t mark_ = 0;
};

}  // namespace flashcell::quant::manycore
