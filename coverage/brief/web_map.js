/* Draws Phủ Sóng's maps with Leaflet alone: no jQuery, no Bootstrap, no request to another host. */
(function () {
  "use strict";

  /* Circles, squares, triangles and diamonds on one canvas. */
  var Shape = L.CircleMarker.extend({
    _updatePath: function () {
      var renderer = this._renderer;
      if (!this.options.shape || this.options.shape === "circle" || !renderer._ctx) {
        renderer._updateCircle(this);
        return;
      }
      if (!renderer._drawing || this._empty()) { return; }
      var p = this._point, r = this._radius, c = renderer._ctx;
      c.beginPath();
      if (this.options.shape === "square") {
        c.rect(p.x - r, p.y - r, 2 * r, 2 * r);
      } else if (this.options.shape === "triangle") {
        c.moveTo(p.x, p.y - 1.2 * r); c.lineTo(p.x + r, p.y + 0.8 * r); c.lineTo(p.x - r, p.y + 0.8 * r); c.closePath();
      } else {
        c.moveTo(p.x, p.y - 1.2 * r); c.lineTo(p.x + r, p.y); c.lineTo(p.x, p.y + 1.2 * r); c.lineTo(p.x - r, p.y); c.closePath();
      }
      renderer._fillStroke(c, this);
    }
  });

  function styleOf(spec, feature) {
    var own = spec.by ? (spec.styles || {})[feature.properties[spec.by]] : null;
    return Object.assign({}, spec.style, own || {});
  }

  function read(url) {
    if (url.charAt(0) === "#") {
      return Promise.resolve(JSON.parse(document.getElementById(url.slice(1)).textContent));
    }
    return fetch(url).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status + " " + url); }
      return answer.json();
    });
  }

  /* Data arrive in any order: bring the layers to the front again by rank. */
  function restack(map) {
    (map.psLayers || []).slice().sort(function (a, b) { return a.psRank - b.psRank; }).forEach(function (layer) {
      if (map.hasLayer(layer)) { layer.bringToFront(); }
    });
  }

  /* Areas keep their outline alone while the received level is shown: two fills one over the other tell nothing. */
  function fade(map) {
    var bare = (map.psSignals || []).some(function (overlay) { return map.hasLayer(overlay); });
    (map.psLayers || []).forEach(function (group) { group.psFade(bare); });
  }

  /* Names of areas, shown only where the area is wide enough on the screen. */
  function nameAreas(map, group) {
    function place() {
      group.psNames.forEach(function (name) {
        var b = name.bounds;
        var wide = map.latLngToLayerPoint(b.getNorthEast()).x - map.latLngToLayerPoint(b.getSouthWest()).x;
        var fits = map.hasLayer(group) && wide > 7 * name.text.length;
        if (fits) { name.mark.addTo(map); } else { name.mark.remove(); }
      });
    }
    map.on("zoomend", place);
    group.on("add remove loaded", place);
    place();
  }

  function vector(map, spec) {
    var state = "idle";
    var group = L.geoJSON(null, {
      interactive: spec.interactive !== false,
      style: function (feature) { return styleOf(spec, feature); },
      pointToLayer: function (feature, at) {
        if (spec.numbered) {
          var icon = L.divIcon({ className: "ps-pin", html: "<b>" + feature.properties.number + "</b>", iconSize: [26, 26] });
          return L.marker(at, { icon: icon, keyboard: false, riseOnHover: true });
        }
        return new Shape(at, Object.assign({ interactive: spec.interactive !== false }, styleOf(spec, feature)));
      },
      onEachFeature: function (feature, layer) {
        if (feature.properties.tip) {
          layer.bindTooltip(feature.properties.tip, { sticky: !spec.numbered, className: "ps-tip", opacity: 1 });
        }
        if (feature.properties.label) {
          group.psNames.push({
            text: feature.properties.label,
            bounds: layer.getBounds(),
            mark: L.marker(feature.properties.at, {
              interactive: false, keyboard: false,
              icon: L.divIcon({ className: "ps-name", html: "<span>" + feature.properties.label + "</span>", iconSize: [0, 0] })
            })
          });
        }
      }
    });
    group.psRank = spec.rank;
    group.psFade = function (bare) {
      if (!spec.bareUnderSignal) { return; }
      group.setStyle(function (feature) {
        var style = styleOf(spec, feature);
        return bare ? Object.assign(style, { fillOpacity: 0 }) : style;
      });
    };
    group.psTitle = spec.title;
    group.psNames = [];
    group.psState = function () { return state; };
    map.psLayers = map.psLayers || [];
    map.psLayers.push(group);
    group.on("add", function () {
      if (state !== "idle") { restack(map); return; }
      state = "loading";
      read(spec.url).then(function (data) {
        group.addData(data);
        state = "ready";
        fade(map);
        restack(map);
        if (group.psNames.length) { nameAreas(map, group); }
        group.fire("loaded");
      }).catch(function (error) {
        state = "failed";
        console.error("layer " + spec.title, error);
      });
    });
    return group;
  }

  function picture(map, spec) {
    if (!map.getPane(spec.pane)) {
      var pane = map.createPane(spec.pane);
      pane.style.zIndex = spec.order;
      pane.style.pointerEvents = "none";
    }
    var overlay = L.imageOverlay(spec.url, spec.bounds, { opacity: spec.opacity, pane: spec.pane, alt: spec.title });
    if (spec.signal) {
      map.psSignals = map.psSignals || [];
      map.psSignals.push(overlay);
      overlay.on("add remove", function () { setTimeout(function () { fade(map); }, 0); });
    }
    return overlay;
  }

  function ring(at) {
    return L.circleMarker(at, { radius: 15, color: "#0b3c8c", weight: 3, fill: false, interactive: false });
  }

  var Badge = L.Control.extend({
    onAdd: function () {
      var div = L.DomUtil.create("div", this.options.className);
      div.innerHTML = this.options.html;
      L.DomEvent.disableClickPropagation(div);
      return div;
    }
  });

  /* Opens and closes the list of layers with its title. */
  function foldable(map, title) {
    var list = map.getContainer().querySelector(".leaflet-control-layers");
    if (!list) { return; }
    var head = L.DomUtil.create("button", "ps-head");
    head.type = "button";
    head.textContent = title;
    list.insertBefore(head, list.firstChild);
    L.DomEvent.on(head, "click", function (e) {
      L.DomEvent.stop(e);
      list.classList.toggle("ps-folded");
    });
    function limit() {
      var section = list.querySelector(".leaflet-control-layers-list");
      section.style.maxHeight = Math.max(120, map.getSize().y - 90) + "px";
    }
    map.on("resize", limit);
    limit();
  }

  /* The panel covers a part of the map: show the bounds in the rest of it where there is room. */
  function fit(map, bounds) {
    if (map.getSize().x < 50 || map.getSize().y < 50) { return; }  /* hidden: there is nothing to fit into */
    var panel = map.getContainer().querySelector(".leaflet-control-layers");
    var taken = panel && !panel.classList.contains("ps-folded") ? panel.offsetWidth + 14 : 0;
    var right = map.getSize().x > 2.4 * taken ? taken : 12;
    map.fitBounds(bounds, { paddingTopLeft: [46, 10], paddingBottomRight: [right, 10], animate: false });
  }

  /* Style sheets and frames get their size late: fit again while nobody has touched the map. */
  function settle(map, bounds) {
    var box = map.getContainer(), untouched = true;
    var watch = new ResizeObserver(function () { if (untouched) { map.invalidateSize(false); fit(map, bounds); } });
    function stop() { untouched = false; watch.disconnect(); }
    watch.observe(box);
    var panel = box.querySelector(".leaflet-control-layers");
    if (panel) { watch.observe(panel); }
    ["mousedown", "wheel", "touchstart", "keydown"].forEach(function (name) { box.addEventListener(name, stop, { once: true, passive: true }); });
    setTimeout(stop, 6000);
  }

  function dress(map, spec) {
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(spec.attribution);
    L.control.zoom({ position: "topleft", zoomInTitle: spec.zoomIn, zoomOutTitle: spec.zoomOut }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(map);
    new Badge({ position: "topleft", className: "ps-north", html: "<svg viewBox='0 0 20 28' width='20' height='28'>" +
      "<path d='M10 1 L17 20 L10 15.5 L3 20 Z' fill='#1f2a37'/><text x='10' y='28' text-anchor='middle' font-size='8.5' " +
      "font-weight='700' fill='#1f2a37'>" + spec.north + "</text></svg>" }).addTo(map);
    if (spec.badge) {
      new Badge({ position: "bottomleft", className: "ps-badge", html: spec.badge }).addTo(map);
    }
    foldable(map, spec.legend);
    fit(map, spec.bounds);
    settle(map, spec.bounds);
    map.psReady = true;
  }

  window.phuSong = { vector: vector, picture: picture, ring: ring, dress: dress };
})();
