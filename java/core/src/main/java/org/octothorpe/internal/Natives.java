package org.octothorpe.internal;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.bindings.octothorpe;

/** Loads the native libraries, once, in the order that lets them share one OpenMP runtime. */
public final class Natives {
  private Natives() {}

  /**
   * Loads oneDNN (with the libgomp that its jar brings), then this library, which needs a libgomp
   * and finds that one.
   *
   * @throws UnsatisfiedLinkError if a library is missing, or cannot be unpacked and loaded; the
   *     message says what to add to the class path, or which folder to unpack into
   */
  public static void load() {
    if (Holder.FAILURE != null) {
      throw new UnsatisfiedLinkError(Holder.FAILURE);
    }
  }

  /**
   * Loads the library behind a class of bindings.
   *
   * @param what the library, for the message
   * @param remedy what to add to the class path, for the message
   * @throws UnsatisfiedLinkError if it cannot be loaded
   */
  public static void load(Class<?> bindings, String what, String remedy) {
    try {
      NativeCache.choose();
      Loader.load(bindings);
    } catch (LinkageError | RuntimeException e) {
      throw new UnsatisfiedLinkError(failure(what, e, remedy));
    }
  }

  /** Returns a pointer to an address, which it does not own. */
  public static Pointer pointer(long address) {
    return new Address(address);
  }

  private static final class Address extends Pointer {
    Address(long address) {
      this.address = address;
    }
  }

  /** Returns the text of a C string. */
  public static String text(BytePointer text) {
    // getString() reads to the limit, past the NUL, unless the limit is set.
    return text.limit(BytePointer.strlen(text)).getString();
  }

  private static String failure(String what, Throwable failure, String remedy) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return what
        + " cannot be loaded on "
        + Loader.getPlatform()
        + ": "
        + reason
        + "; "
        + NativeCache.fault().orElse(remedy);
  }

  private static final class Holder {
    // A message, not a throw: what a static initializer throws arrives wrapped, and only the first
    // time.
    private static final @Nullable String FAILURE = tryLoad();

    private static @Nullable String tryLoad() {
      try {
        NativeCache.choose();
        Loader.load(org.bytedeco.dnnl.global.dnnl.class);
        Loader.load(octothorpe.class);
        return null;
      } catch (LinkageError | RuntimeException e) {
        return failure(
            "the native libraries",
            e,
            "add org.octothorpe:octothorpe with the classifier of the platform (linux-x86_64 is built)");
      }
    }
  }
}
