#pragma once
#include <ap_int.h>

/// One beat of an AXI4-Stream for CPU builds of kernel code, spelt like the vendor's: data, bytes that count, last beat
/// of a packet. User, id and destination signals are not emulated.
template <int kDataBits, int kUserBits, int kIdBits, int kDestinationBits>
struct ap_axiu {
  static_assert(kUserBits == 0 && kIdBits == 0 && kDestinationBits == 0, "side channels that are not emulated");
  ap_uint<kDataBits> data;
  ap_uint<(kDataBits + 7) / 8> keep, strb;
  ap_uint<1> last = 0;
};
