/** Network architectures and their parameters. */
@NullMarked
package org.octothorpe.models;

import org.jspecify.annotations.NullMarked;
