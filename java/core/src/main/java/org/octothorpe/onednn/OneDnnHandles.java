package org.octothorpe.onednn;

import java.util.ArrayDeque;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.ops.RefusedException;

/**
 * Native oneDNN objects that one owner holds and frees together, last made first. Failures name
 * {@code what}.
 */
final class OneDnnHandles implements AutoCloseable {
  private final String what;
  private final ArrayDeque<Runnable> releases = new ArrayDeque<>();

  OneDnnHandles(String what) {
    this.what = what;
  }

  /** Makes one primitive description; {@code out} receives it. */
  @FunctionalInterface
  interface Creation {
    int create(dnnl_primitive_desc out);
  }

  /** Returns what these objects are for, with its shape. */
  String what() {
    return what;
  }

  dnnl_memory_desc strided(DType dtype, long[] dims, long[] strides) {
    dnnl_memory_desc desc = new dnnl_memory_desc();
    check(dnnl.dnnl_memory_desc_create_with_strides(desc, dims.length, dims, type(dtype), strides));
    releases.push(() -> dnnl.dnnl_memory_desc_destroy(desc));
    return desc;
  }

  /** Returns a description whose layout the library chooses. */
  dnnl_memory_desc any(DType dtype, long[] dims) {
    dnnl_memory_desc desc = new dnnl_memory_desc();
    check(
        dnnl.dnnl_memory_desc_create_with_tag(
            desc, dims.length, dims, type(dtype), dnnl.dnnl_format_tag_any));
    releases.push(() -> dnnl.dnnl_memory_desc_destroy(desc));
    return desc;
  }

  dnnl_primitive_attr attributes() {
    dnnl_primitive_attr attributes = new dnnl_primitive_attr();
    check(dnnl.dnnl_primitive_attr_create(attributes));
    releases.push(() -> dnnl.dnnl_primitive_attr_destroy(attributes));
    check(dnnl.dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl.dnnl_scratchpad_mode_user));
    return attributes;
  }

  /**
   * Returns a description of the primitive that the library takes first.
   *
   * @throws RefusedException if it has none
   */
  dnnl_primitive_desc describe(Creation creation) throws RefusedException {
    dnnl_primitive_desc desc = new dnnl_primitive_desc();
    int status = creation.create(desc);
    if (status == dnnl.dnnl_unimplemented) {
      throw new RefusedException(what + " is not implemented by oneDNN for this processor");
    }
    check(status);
    releases.push(() -> dnnl.dnnl_primitive_desc_destroy(desc));
    return desc;
  }

  /**
   * Returns {@code desc}.
   *
   * @throws RefusedException if it stands for the reference loop, which is hundreds of times slower
   */
  dnnl_primitive_desc requireFast(dnnl_primitive_desc desc) throws RefusedException {
    String implementation = implementation(desc);
    if (implementation.startsWith("ref")) {
      throw new RefusedException(
          what + " has only the slow loop '" + implementation + "' in oneDNN");
    }
    return desc;
  }

  private String implementation(dnnl_primitive_desc desc) {
    try (PointerPointer<BytePointer> out = new PointerPointer<>(1L)) {
      check(dnnl.dnnl_primitive_desc_query(desc, dnnl.dnnl_query_impl_info_str, 0, out));
      BytePointer text = out.get(BytePointer.class);
      return text.limit(BytePointer.strlen(text)).getString();
    }
  }

  dnnl_primitive primitive(dnnl_primitive_desc desc) {
    dnnl_primitive primitive = new dnnl_primitive();
    check(dnnl.dnnl_primitive_create(primitive, desc));
    releases.push(() -> dnnl.dnnl_primitive_destroy(primitive));
    return primitive;
  }

  dnnl_memory memory(dnnl_memory_desc desc, dnnl_engine engine, @Nullable Pointer data) {
    dnnl_memory memory = new dnnl_memory();
    check(dnnl.dnnl_memory_create(memory, desc, engine, data));
    releases.push(() -> dnnl.dnnl_memory_destroy(memory));
    return memory;
  }

  /** Frees {@code pointer} with the rest. */
  <P extends Pointer> P keep(P pointer) {
    releases.push(pointer::close);
    return pointer;
  }

  void check(int status) {
    if (status != dnnl.dnnl_success) {
      throw OneDnnStatus.failure(status, what);
    }
  }

  @Override
  public void close() {
    while (!releases.isEmpty()) {
      releases.pop().run();
    }
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case F32 -> dnnl.dnnl_f32;
      case BF16 -> dnnl.dnnl_bf16;
      default ->
          throw new IllegalArgumentException(
              "oneDNN: dtype is " + dtype + ", but must be F32 or BF16");
    };
  }
}
