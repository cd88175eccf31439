package org.octothorpe.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Pickles, operation by operation, as Python's protocol 2 writes them. */
final class PickleWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  PickleWriter() {
    raw(0x80, 2);
  }

  /** Returns a pickle of one value. */
  static byte[] pickle(Consumer<PickleWriter> value) {
    PickleWriter writer = new PickleWriter();
    value.accept(writer);
    return writer.stop();
  }

  byte[] stop() {
    return raw('.').out.toByteArray();
  }

  PickleWriter raw(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  PickleWriter raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  PickleWriter text(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return raw('X').int32(bytes.length).raw(bytes);
  }

  PickleWriter integer(long value) {
    return raw(0x8a, 8)
        .raw(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  PickleWriter int32(int value) {
    return raw(value, value >> 8, value >> 16, value >> 24);
  }

  PickleWriter global(String module, String name) {
    return raw('c').raw((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
  }

  PickleWriter integers(long... values) {
    raw('(');
    for (long value : values) {
      integer(value);
    }
    return raw('t');
  }

  /** Writes a dict whose items the given code writes, key and value in turn. */
  PickleWriter dict(Consumer<PickleWriter> items) {
    raw('}', '(');
    items.accept(this);
    return raw('u');
  }

  PickleWriter orderedDict() {
    return global("collections", "OrderedDict").raw(')', 'R');
  }

  PickleWriter storage(String type, String key, long elements) {
    raw('(').text("storage").global("torch", type).text(key).text("cpu").integer(elements);
    return raw('t', 'Q');
  }

  /** Writes a tensor of a storage with the given number of elements. */
  PickleWriter tensor(
      String type, String key, long elements, long offset, long[] shape, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").raw('(').storage(type, key, elements);
    integer(offset).integers(shape).integers(strides).raw(0x89).orderedDict();
    return raw('t', 'R');
  }

  /** Writes an F32 vector that is a whole storage. */
  PickleWriter vector(String key, long elements) {
    return tensor("FloatStorage", key, elements, 0, new long[] {elements}, new long[] {1});
  }
}
