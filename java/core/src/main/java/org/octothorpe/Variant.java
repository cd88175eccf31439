package org.octothorpe;

/**
 * One of the implementations that a device chooses among in a pass of an operation.
 *
 * @param operation such as {@code grouped_conv}
 * @param pass such as {@code forward}
 * @param name what it does, such as {@code grouped_conv_forward_packed_groups}
 * @param regime what it is for and its limits, in words
 */
public record Variant(String operation, String pass, String name, String regime) {}
